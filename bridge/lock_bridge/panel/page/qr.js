// QR codes (ISO/IEC 18004), as small as a pairing code needs them: bytes, error correction M, versions 1 to 3.

/** For each version: all codewords, those that are data, and the centre of its alignment pattern. */
const VERSIONS = [
  { size: 21, words: 26, data: 16, centre: null },
  { size: 25, words: 44, data: 28, centre: 18 },
  { size: 29, words: 70, data: 44, centre: 22 },
];

const BYTES = 0b0100;
const LEVEL_M = 0b00;
const PADDING = [0b11101100, 0b00010001];

const MASKS = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_row, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** The modules of a code that holds `text`: rows of true (dark) and false. Throws `RangeError` for more than 42 bytes. */
export function qr(text) {
  const bytes = new TextEncoder().encode(text);
  const version = VERSIONS.find(({ data }) => bytes.length + 2 <= data);
  if (!version) throw new RangeError("too long for a small QR code");
  const words = codewords(bytes, version);
  const drawn = MASKS.map((_, mask) => draw(words, version, mask));
  return drawn.reduce((best, rows) => (penalty(rows) < penalty(best) ? rows : best));
}

/** Data, padded, and what corrects its errors; versions as small as these have one block. */
function codewords(bytes, { data, words }) {
  const bits = [];
  const put = (value, length) => {
    for (let at = length - 1; at >= 0; at--) bits.push((value >> at) & 1);
  };
  put(BYTES, 4);
  put(bytes.length, 8);
  bytes.forEach((byte) => put(byte, 8));
  put(0, Math.min(4, data * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let at = 0; bits.length < data * 8; at++) put(PADDING[at % 2], 8);
  const full = Array.from({ length: data }, (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8).join(""), 2));
  return [...full, ...remainder(full, words - data)];
}

/** Reed and Solomon's check words over GF(256) with the polynomial 0x11d. */
function remainder(data, length) {
  const divisor = Array(length).fill(0);
  divisor[length - 1] = 1;
  for (let root = 1, step = 0; step < length; step++, root = times(root, 2)) {
    for (let at = 0; at < length; at++) divisor[at] = times(divisor[at], root) ^ (divisor[at + 1] ?? 0);
  }
  const rest = Array(length).fill(0);
  for (const word of data) {
    const factor = word ^ rest.shift();
    rest.push(0);
    divisor.forEach((part, at) => (rest[at] ^= times(part, factor)));
  }
  return rest;
}

function times(a, b) {
  let product = 0;
  for (let at = 7; at >= 0; at--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> at) & 1) * a;
  }
  return product;
}

function draw(words, { size, centre }, mask) {
  // What is not drawn yet is undefined: it is the room for the data.
  const rows = Array.from({ length: size }, () => Array(size));
  const finder = (top, left) => {
    for (let y = -1; y <= 7; y++) {
      for (let x = -1; x <= 7; x++) {
        const ring = Math.max(Math.abs(y - 3), Math.abs(x - 3));
        if (top + y in rows && left + x >= 0 && left + x < size) rows[top + y][left + x] = ring < 2 || ring === 3;
      }
    }
  };
  finder(0, 0);
  finder(0, size - 7);
  finder(size - 7, 0);
  for (let at = 8; at < size - 8; at++) rows[6][at] = rows[at][6] = at % 2 === 0;
  if (centre !== null) {
    for (let y = -2; y <= 2; y++) {
      for (let x = -2; x <= 2; x++) rows[centre + y][centre + x] = Math.max(Math.abs(y), Math.abs(x)) !== 1;
    }
  }
  format(rows, size, mask);
  fill(rows, size, words, MASKS[mask]);
  return rows;
}

/** Level and mask, twice, with check bits of their own; and the one module that is always dark. */
function format(rows, size, mask) {
  const value = (LEVEL_M << 3) | mask;
  let rest = value;
  for (let at = 0; at < 10; at++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((value << 10) | rest) ^ 0x5412;
  const bit = (at) => ((bits >> at) & 1) === 1;
  for (let at = 0; at < 15; at++) {
    const near = at < 6 ? at : at < 8 ? at + 1 : null;
    if (near !== null) rows[near][8] = bit(at);
    else rows[8][at === 8 ? 7 : 14 - at] = bit(at);
    if (at < 8) rows[8][size - 1 - at] = bit(at);
    else rows[size - 15 + at][8] = bit(at);
  }
  rows[size - 8][8] = true;
}

/** Bit by bit in pairs of columns, from the right, upwards and downwards in turn. */
function fill(rows, size, words, masked) {
  let at = 0;
  for (let right = size - 1, upward = true; right > 0; right -= 2, upward = !upward) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const row = upward ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (rows[row][column] !== undefined) continue;
        const dark = at < words.length * 8 && ((words[at >> 3] >> (7 - (at & 7))) & 1) === 1;
        rows[row][column] = dark !== masked(row, column);
        at++;
      }
    }
  }
}

/** How hard a code is to read: long runs, blocks, what looks like a finder, too much of one shade. */
function penalty(rows) {
  const size = rows.length;
  const columns = rows.map((_, at) => rows.map((row) => row[at]));
  let sum = 0;
  for (const line of [...rows, ...columns]) {
    const text = line.map((dark) => (dark ? "1" : "0")).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    sum += 40 * [...text.matchAll(/(?=10111010000|00001011101)/g)].length;
  }
  for (let y = 1; y < size; y++) {
    for (let x = 1; x < size; x++) {
      const dark = rows[y][x];
      if (rows[y - 1][x] === dark && rows[y][x - 1] === dark && rows[y - 1][x - 1] === dark) sum += 3;
    }
  }
  const share = (rows.flat().filter(Boolean).length * 100) / (size * size);
  return sum + 10 * Math.floor(Math.abs(share - 50) / 5);
}
