import semblance from './index.cjs';
export const { getLoadablePath, load } = semblance;
