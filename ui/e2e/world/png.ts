import { deflateSync, inflateSync } from "node:zlib";

/** A PNG of 8 bits without interlace with 256 colours at most, packed as tightly as zlib can; another one is given back as it is. */
export function packed(png: Buffer): Buffer {
  const parts = chunks(png);
  const head = parts.find((c) => c.type === "IHDR")?.data;
  if (head?.[8] !== 8 || head[12] !== 0) return png;
  const width = head.readUInt32BE(0);
  const height = head.readUInt32BE(4);
  const depth = { 2: 3, 6: 4 }[head[9] ?? 0];
  if (!depth) return png;
  const raw = inflateSync(Buffer.concat(parts.filter((c) => c.type === "IDAT").map((c) => c.data)));
  const pixels = unfiltered(raw, width * depth, height, depth);
  const body = indexed(pixels, width, height, depth);
  const out = Buffer.concat([
    png.subarray(0, 8),
    chunk("IHDR", body.head),
    chunk("PLTE", body.palette),
    chunk("IDAT", deflateSync(body.rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return out.length < png.length ? out : png;
}

function chunks(png: Buffer): { type: string; data: Buffer }[] {
  const out = [];
  for (let at = 8; at < png.length; ) {
    const size = png.readUInt32BE(at);
    out.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + size) });
    at += size + 12;
  }
  return out;
}

function unfiltered(raw: Buffer, stride: number, height: number, depth: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const how = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const a = x >= depth ? (out[y * stride + x - depth] ?? 0) : 0;
      const b = y > 0 ? (out[(y - 1) * stride + x] ?? 0) : 0;
      const c = x >= depth && y > 0 ? (out[(y - 1) * stride + x - depth] ?? 0) : 0;
      const add = [0, a, b, (a + b) >> 1, paeth(a, b, c)][how ?? 0] ?? 0;
      out[y * stride + x] = ((raw[y * (stride + 1) + 1 + x] ?? 0) + add) & 255;
    }
  }
  return out;
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** The 256 colours that are most used; others become the nearest of them. Text and plates have few, so no eye sees it. */
function indexed(px: Buffer, width: number, height: number, depth: number) {
  const count = new Map<number, number>();
  for (let i = 0; i < px.length; i += depth) {
    const c = ((px[i] ?? 0) << 16) | ((px[i + 1] ?? 0) << 8) | (px[i + 2] ?? 0);
    count.set(c, (count.get(c) ?? 0) + 1);
  }
  const best = [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([c]) => c);
  const palette = best.slice(0, 256);
  const index = new Map(palette.map((c, i) => [c, i]));
  for (const c of best.slice(256)) {
    let near = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, p] of palette.entries()) {
      const [r, g, b] = [(c >> 16) - (p >> 16), ((c >> 8) & 255) - ((p >> 8) & 255), (c & 255) - (p & 255)];
      const d = 2 * r * r + 4 * g * g + 3 * b * b;
      if (d < least) [near, least] = [i, d];
    }
    index.set(c, near);
  }
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * depth;
      rows[y * (width + 1) + 1 + x] = index.get(((px[i] ?? 0) << 16) | ((px[i + 1] ?? 0) << 8) | (px[i + 2] ?? 0)) ?? 0;
    }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return { head, palette: Buffer.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255])), rows };
}

const table = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  let crc = 0xffffffff;
  for (const b of body) crc = (table[(crc ^ b) & 255] ?? 0) ^ (crc >>> 8);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
  return out;
}
