/** A connection of node:sqlite, better-sqlite3 or sqlite3. */
interface Connection {
  loadExtension(file: string, ...rest: any[]): any;
}

/** The path of the extension. Throws where there is none for this machine. */
export declare function getLoadablePath(): string;

/** Loads the extension into a connection; it stays loaded until the process ends. */
export declare function load(db: Connection): void;
