import * as ort from "./vendor/ort.wasm.bundle.min.mjs";
import { atPixel, mostProbable, networkSize, readMetadata, resize } from "./segment.mjs";

ort.env.wasm.wasmPaths = { wasm: new URL("./vendor/ort-wasm-simd-threaded.wasm", import.meta.url).href };
const element = id => document.getElementById(id);
const say = text => { element("status").textContent = text; };
let network, shown;

async function load(bytes, levels = null) {
  const metadata = readMetadata(bytes), labels = JSON.parse(metadata.labels);
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  const said = name => JSON.parse(metadata[name] ?? "null");
  const preprocessing = { size: said("size"), keepAspect: said("keep_aspect") ?? true, smallest: said("smallest") };
  const dilations = said("config")?.dilations ?? [], seen = said("datasets") ?? [];
  network = { session, labels, preprocessing, dilations, levels };
  element("seen").textContent = seen.length ? `This network has learnt from ${seen.join(", ")}.` : "";
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
  return { bitmap, width: w, height: h, milliseconds, pixels, ids: mostProbable(logits.data, logits.dims[1], w*h) };
}

async function explain(x, y) {  // of the network's image
  const { width, height, pixels, ids } = shown, { names } = network.labels, at = y*width + x;
  let lines = [`${names[ids[at]]}`];
  if (network.levels && !network.removed) {
    const file = await network.levels();
    network.removed = file && await ort.InferenceSession.create(file, { executionProviders: ["wasm"] });
  }
  if (network.removed) {
    const { logits } = await network.removed.run({ image: new ort.Tensor("uint8", pixels, [1, 3, height, width]) });
    const found = atPixel(logits.data, logits.dims, at), { dilations } = network;
    lines = found.map(({ id, probability }, n) => {
      const kept = dilations.slice(0, dilations.length - n).join(" ");
      return `${names[id]} ${(100*probability).toFixed(0)} % ${kept ? `with the dilations ${kept}` : "without any level"}`;
    });
  }
  element("levels").replaceChildren(...lines.map(line => Object.assign(document.createElement("li"), { textContent: line })));
  shown.mark = [x, y];
  show(shown);
}

function show({ bitmap, width, height, ids, milliseconds, mark }) {
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
  if (mark) {
    context.globalAlpha = 1;
    for (const [style, line] of [["#fff", 5], ["#000", 2]]) {
      Object.assign(context, { strokeStyle: style, lineWidth: line });
      context.beginPath();
      context.arc((mark[0] + .5)*canvas.width/width, (mark[1] + .5)*canvas.height/height, 9, 0, 2*Math.PI);
      context.stroke();
    }
  } else element("levels").replaceChildren();
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
element("image").addEventListener("click", event => shown && handle(() => {
  const box = event.target.getBoundingClientRect(), share = (at, start, side) => Math.min(Math.max((at - start)/side, 0), 1 - 1e-9);
  return explain(Math.floor(share(event.clientX, box.left, box.width)*shown.width),
                 Math.floor(share(event.clientY, box.top, box.height)*shown.height));
}));
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", event => { event.preventDefault(); choose(event.dataTransfer.files[0]); });

const fetched = async name => {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} is missing here (${response.status})`);
  return response;
};
await handle(async () => {
  const bytes = async name => new Uint8Array(await (await fetched(name)).arrayBuffer());
  await load(await bytes("model.onnx"), () => bytes("levels.onnx").catch(() => null));  // not every head has levels
  const blob = await (await fetched("example.png")).blob();
  shown = { ...await segment(blob), blob };
  show(shown);
  globalThis.denseaspp = { labels: network.labels, ...shown };
});
