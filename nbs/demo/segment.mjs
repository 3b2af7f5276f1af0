// What lies between an image's pixels and its labels, without the page: the same arithmetic as the Python library.

const BITS = 22;  // of Pillow's fixed-point weights for 8-bit channels

// For each of `to` outputs: the first of the `from` inputs that it sees, and their fixed-point weights (a triangle, as wide as the reduction).
function taps(from, to) {
  const scale = from/to, support = Math.max(scale, 1), out = [];
  for (let i = 0; i < to; i++) {
    const centre = (i + .5)*scale;
    const first = Math.max(0, Math.trunc(centre - support + .5)), last = Math.min(from, Math.trunc(centre + support + .5));
    const weights = [];
    for (let j = first; j < last; j++) weights.push(Math.max(0, 1 - Math.abs((j - centre + .5)/support)));
    const sum = weights.reduce((a, b) => a + b, 0);
    out.push({ first, weights: weights.map(w => Math.trunc(.5 + w/sum*2**BITS)) });
  }
  return out;
}

const rounded = sum => Math.min(255, Math.floor((sum + 2**(BITS - 1))/2**BITS));

// RGBA pixels of width × height → RGB planes (3, toHeight, toWidth), as Pillow's Image.resize(…, BILINEAR) does it, to the last bit.
export function resize(pixels, width, height, toWidth, toHeight) {
  const across = taps(width, toWidth), down = taps(height, toHeight);
  const narrow = new Uint8Array(3*height*toWidth), out = new Uint8Array(3*toHeight*toWidth);
  for (let c = 0; c < 3; c++) for (let y = 0; y < height; y++) for (let x = 0; x < toWidth; x++) {
    const { first, weights } = across[x];
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k]*pixels[4*(y*width + first + k) + c];
    narrow[(c*height + y)*toWidth + x] = rounded(sum);
  }
  for (let c = 0; c < 3; c++) for (let y = 0; y < toHeight; y++) {
    const { first, weights } = down[y];
    for (let x = 0; x < toWidth; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]*narrow[(c*height + first + k)*toWidth + x];
      out[(c*toHeight + y)*toWidth + x] = rounded(sum);
    }
  }
  return out;
}

// Python's round(): halves go to the even neighbour.
const round = value => { const up = Math.round(value); return value % 1 === .5 && up % 2 ? up - 1 : up; };

// [width, height] at which the network sees an image: `Preprocessing.network_size` of models/preprocessing.
export function networkSize(width, height, { size, keepAspect = true, smallest }) {
  let seen = [height, width];
  if (size) {
    const kept = width*size[0]/height;
    if (keepAspect && Math.abs(kept/size[1] - 1) > .02) seen = [size[0], kept];
    else { seen = size; smallest = Math.min(smallest, ...size); }
  }
  return [seen[1], seen[0]].map(n => Math.max(smallest, round(n)));
}

// name → text of what an ONNX file says of itself: field 14 (metadata_props) of its outermost message, each with key (1) and value (2).
export function readMetadata(bytes) {
  const text = new TextDecoder();
  function* fields(bytes) {
    let at = 0;
    const number = () => {
      for (let value = 0, factor = 1; ; factor *= 128) {
        if (at >= bytes.length) throw new Error("the ONNX file is truncated");
        const byte = bytes[at++];
        value += (byte & 127)*factor;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = number(), kind = tag % 8;
      if (kind === 0) number();
      else if (kind === 1) at += 8;
      else if (kind === 5) at += 4;
      else if (kind === 2) {
        const length = number();
        if (at + length > bytes.length) throw new Error("the ONNX file is truncated");
        yield [Math.floor(tag/8), bytes.subarray(at, at + length)];
        at += length;
      } else throw new Error("this is not an ONNX file");
    }
  }
  const metadata = {};
  for (const [field, entry] of fields(bytes)) {
    if (field !== 14) continue;
    const pair = Object.fromEntries(fields(entry));
    metadata[text.decode(pair[1])] = text.decode(pair[2]);
  }
  if (!metadata.labels) throw new Error("the ONNX file carries no label set: export it with denseaspp_export");
  return metadata;
}

// Logits (classes, pixels) → the most probable class of each pixel.
export function mostProbable(logits, classes, pixels) {
  if (!logits.every(Number.isFinite)) throw new Error("the network's logits are not finite: its training diverged, or half precision overflows");
  const ids = new Uint8Array(pixels), best = logits.slice(0, pixels);
  for (let c = 1; c < classes; c++) for (let i = 0, k = c*pixels; i < pixels; i++, k++) if (logits[k] > best[i]) { best[i] = logits[k]; ids[i] = c; }
  return ids;
}

// Logits (variants, classes, height, width) → the most probable class of the pixel `at`, and its probability, by variant.
export function atPixel(logits, [variants, classes, height, width], at) {
  return Array.from({ length: variants }, (_, variant) => {
    const values = Array.from({ length: classes }, (_, c) => logits[(variant*classes + c)*height*width + at]);
    const highest = Math.max(...values), total = values.reduce((sum, value) => sum + Math.exp(value - highest), 0);
    return { id: values.indexOf(highest), probability: 1/total };
  });
}
