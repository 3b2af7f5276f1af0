import * as ort from "./vendor/ort.wasm.bundle.min.mjs";
import { mostProbable, networkSize, readMetadata, resize } from "./segment.mjs";

ort.env.wasm.wasmPaths = { wasm: new URL("./vendor/ort-wasm-simd-threaded.wasm", import.meta.url).href };
const element = id => document.getElementById(id);
const say = text => { element("status").textContent = text; };
let network, shown;

async function load(bytes) {
  const metadata = readMetadata(bytes), labels = JSON.parse(metadata.labels);
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  const said = name => JSON.parse(metadata[name] ?? "null");
  const preprocessing = { size: said("size"), keepAspect: said("keep_aspect") ?? true, smallest: said("smallest") };
  network = { session, labels, preprocessing };
}

async function segment(blob) {
  const bitmap = await createImageBitmap(blob);  // upright, as the camera says
  const { width, height } = bitmap, canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const [w, h] = networkSize(width, height, network.preprocessing);
  const pixels = resize(context.getImageData(0, 0, width, height).data, width, height, w, h);
  const started = performance.now();
  const { logits } = await network.session.run({ image: new ort.Tensor("uint8", pixels, [1, 3, h, w]) });
  const milliseconds = performance.now() - started;
  return { bitmap, width: w, height: h, milliseconds, ids: mostProbable(logits.data, logits.dims[1], w*h) };
}

function show({ bitmap, width, height, ids, milliseconds }) {
  const { names, palette } = network.labels, colours = new ImageData(width, height), counts = new Array(names.length).fill(0);
  ids.forEach((id, i) => { counts[id]++; colours.data.set([...palette[id], 255], 4*i); });
  const small = new OffscreenCanvas(width, height), canvas = element("image"), context = canvas.getContext("2d");
  small.getContext("2d").putImageData(colours, 0, 0);
  const scale = Math.min(1, 1600/bitmap.width);
  [canvas.width, canvas.height] = [Math.round(bitmap.width*scale), Math.round(bitmap.height*scale)];
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = element("strength").value/100;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  const order = counts.map((count, id) => [count, id]).filter(([count]) => count).sort((a, b) => b[0] - a[0]);
  element("legend").replaceChildren(...order.map(([count, id]) => {
    const item = document.createElement("li"), box = document.createElement("span");
    box.style.background = `rgb(${palette[id]})`;
    item.append(box, `${names[id]} ${(100*count/ids.length).toFixed(1)} %`);
    return item;
  }));
  say(`${width} × ${height} pixels in ${Math.round(milliseconds)} ms, here in your browser`);
}

async function handle(action) {
  document.body.dataset.state = "busy";
  say("…");
  await new Promise(requestAnimationFrame);
  try { await action(); document.body.dataset.state = "ready"; }
  catch (error) { say(`That did not work: ${error.message}`); document.body.dataset.state = "failed"; }
}

const choose = file => handle(async () => {
  if (!file) throw new Error("no file was given");
  if (file.name?.toLowerCase().endsWith(".onnx")) { await load(new Uint8Array(await file.arrayBuffer())); if (shown) shown = await segment(shown.blob).then(r => ({ ...r, blob: shown.blob })); }
  else shown = { ...await segment(file), blob: file };
  if (shown) show(shown);
  globalThis.denseaspp = { labels: network.labels, ...shown };  // for scripts and tests
});

element("file").addEventListener("change", event => choose(event.target.files[0]));
element("strength").addEventListener("input", () => shown && show(shown));
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", event => { event.preventDefault(); choose(event.dataTransfer.files[0]); });

const fetched = async name => {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} is missing here (${response.status})`);
  return response;
};
await handle(async () => {
  await load(new Uint8Array(await (await fetched("model.onnx")).arrayBuffer()));
  const blob = await (await fetched("example.png")).blob();
  shown = { ...await segment(blob), blob };
  show(shown);
  globalThis.denseaspp = { labels: network.labels, ...shown };
});
