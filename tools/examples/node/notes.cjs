// What the three examples beside this one share: notes, and vectors in and out.
'use strict';

exports.notes = [
  ['A man is playing the guitar on the street.', 2019],
  ['The central bank raised its interest rates.', 2021],
  ['Two dogs run across the snowy field.', 2021],
  ['How to bake rye bread at home.', 2023],
  ['The orchestra rehearses a symphony.', 2024],
];

// Arrays go in as little-endian 32-bit floats, the bytes of a Float32Array.
exports.toBlob = (numbers) => {
  const floats = Float32Array.from(numbers);
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
};

// Copied, because a BLOB that came out need not begin where a Float32Array may.
exports.fromBlob = (blob) => new Float32Array(Uint8Array.from(blob).buffer);
