#!/usr/bin/env python3
"""What the package computes, compared with what it computed when golden.json was written.

Usage: golden.py write [GROUP…] | golden.py check [GROUP…]      (all groups by default, about a minute)
`write` records the values; `check` computes them again, prints those that differ and exits with 1 if any do.
Integers, texts and fingerprints are compared exactly, floats within TOLERANCE of the largest in their list.
golden/ holds inputs that stay as they are: a weights file of format denseaspp/1, two small images of CamVid.
"""
import hashlib, importlib, json, os, shutil, subprocess, sys, tempfile, traceback, warnings, zlib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the values are a CPU's
warnings.simplefilter("ignore")

import numpy as np
import torch
from fastai.callback.core import Callback
from PIL import Image

MODULES = {  # of the names that `denseaspp.all` does not have
    "deploy.program": "trace",
    "inference.folders": "find_images predict",
    "models.receptive_field": "sampling_map",
    "study.features": "describe_head",
    "study.levels": "confusable_pairs",
    "study.receptive_fields": "effective_receptive_field measured_receptive_field",
    "train.regularisation": "recipe_callbacks"}
HOME = {name: module for module, names in MODULES.items() for name in names.split()}
FOLDER, SEED = Path(__file__).resolve().parent, 0
RECORD, WEIGHTS = FOLDER/"golden.json", FOLDER/"golden"/"denseaspp-1.safetensors"
CAMVID = FOLDER/"golden"/"camvid"
IMAGE = CAMVID/"val"/"0016E5_08031.png"  # 117 × 155, no multiples of a stride

# Of groups and of values of these names; 1e-5 of all others.
TOLERANCE = dict(networks=1e-8, training=1e-6)  # float64
TOLERANCE |= dict(precisions=1e-2)  # rounding decides the sign of small gradients, and so Adam's step
TOLERANCE |= dict.fromkeys("pixels right predicted mean_iou pixel_accuracy recall".split(), 1e-3)  # ties


class Package:
    "The names of the package; one that is missing fails only the group that uses it."
    def __getattr__(self, name):
        return getattr(importlib.import_module(f"denseaspp.{HOME.get(name, 'all')}"), name)


ours = Package()


# Random numbers are numpy's: torch's depend on the processor.
def random(name=""): return np.random.Generator(np.random.PCG64([SEED, zlib.crc32(name.encode())]))
def normal(name, *shape): return torch.from_numpy(random(name).standard_normal(shape))


def fill(model):
    "Gives a network parameters and statistics that depend on their names."
    for name, value in model.state_dict().items():
        if not value.is_floating_point(): continue
        x, fan_in = normal(name, *value.shape), value[0].numel()
        if fan_in > 1: x *= (2/fan_in)**.5  # a convolution's weight
        elif name.endswith("running_var"): x = 1 + .2*x.abs()
        else: x = .1*x + name.endswith("weight")
        value.copy_(x)
    return model


def digest(value):
    "Fingerprint of an array with its type and shape, or of plain data."
    if not hasattr(value, "dtype"): data = json.dumps(value, sort_keys=True).encode()
    else: data = f"{np.asarray(value).dtype} {tuple(value.shape)}".encode() + np.asarray(value).tobytes()
    return hashlib.sha256(data).hexdigest()[:20]


def summary(x):
    "Mean, root mean square, projection on random signs, and five values of an array."
    x = np.asarray(x.detach() if isinstance(x, torch.Tensor) else x, dtype=np.float64).ravel()
    signs = random().integers(0, 2, len(x))*2 - 1
    chosen = np.linspace(0, len(x) - 1, 5).astype(int)
    return [x.mean(), (x*x).mean()**.5, (x*signs).mean()*len(x)**.5, *x[chosen]]


def scores(report):
    "Numbers of a `Report`; those that a tie between two classes may change are floats."
    matrix = report.confusion.matrix
    return dict(true=matrix.sum(1), right=matrix.diagonal().double(), predicted=matrix.sum(0).double(),
                mean_iou=report.mean_iou, pixel_accuracy=report.pixel_accuracy)


def segmented(result):
    "Numbers of a `Segmentation`."
    counts = np.bincount(result.train_ids.ravel(), minlength=len(result.labels))
    return dict(pixels=counts.astype(float), probabilities=summary(result.probabilities()))


def streets(folder):
    return ours.make_streets(folder/"streets", n_train=6, n_valid=2, size=(96, 192), seed=4)


def loaders(folder, make="cityscapes_dls", *where, **options):
    options = dict(size=(64, 128), bs=2, device=torch.device("cpu"), num_workers=0) | options
    return getattr(ours, make)(*(where or [streets(folder)]), **options)


def learner(folder, **options):
    torch.manual_seed(SEED)
    options = dict(recipe="demo", precision="fp32", weights_backbone=None) | options
    learn = ours.denseaspp_learner(loaders(folder, augment="flip"), "demo", path=folder, **options)
    fill(learn.model)
    return learn


def presets(folder):
    "Parameters, names, shapes, layers and receptive field of each preset; fields of each recipe."
    options = "kernel_size stride padding dilation groups ceil_mode count_include_pad eps momentum p".split()
    for name, config in ours.PRESETS.items():
        with torch.device("meta"): model = ours.create_model(name, weights_backbone=None)
        shapes = sorted((key, list(value.shape)) for key, value in model.state_dict().items())
        layers = [(key, [getattr(m, option, None) for option in options]) for key, m in model.named_modules()]
        yield name, dict(parameters=ours.count_parameters(model), keys=len(shapes), shapes=digest(shapes),
                         layers=digest(layers),
                         frozen=ours.count_parameters(model.freeze_backbone(), trainable=True),
                         span=ours.max_receptive_field(config.dilations),
                         spans=digest([*ours.path_scales(config.dilations).items()]),
                         samples=digest(ours.sampling_map(config.dilations, dense=True)))
    for name, recipe in ours.RECIPES.items(): yield f"recipe {name}", asdict(recipe)
    head = fill(ours.DenseASPP(4, (1, 2, 5), growth_rate=2, bottleneck=3))
    backbone = ours.create_backbone("densenet121", weights=None, stages=1)
    yield "head", ours.measured_receptive_field(head, 4)
    yield "head, effective", summary(ours.effective_receptive_field(head, 4, 21, n_samples=4))
    yield "backbone", ours.measured_receptive_field(backbone, 3, across=backbone.reduction)


NETWORKS = dict.fromkeys(("report0", "report1", "report3", "report4", "report5", "report-mobilenetv3",
                          "report-convnext", "paper121", "scratch", "demo"), {}) | {
    "aspp": dict(backbone="resnet50", stages=3, head="aspp", dilations=(2, 4, 6)),
    "dilated": dict(backbone="convnext_tiny", stages=3, dilations=(1, 2)),
    "no head": dict(backbone="mobilenet_v3_small", output_stride=16, head="none", decoder=24)}


def networks(folder):
    "Logits and gradients in float64, with and without `share_buffers`, at a size that is padded and another."
    odd, even = normal("odd", 1, 3, 61, 90), normal("even", 2, 3, 64, 96)
    target = torch.from_numpy(random().integers(0, 19, (2, 64, 96)))
    target[:, :9] = 255
    for name, options in NETWORKS.items():
        preset = name if name in ours.PRESETS else None
        model = ours.create_model(preset, weights_backbone=None, **options).double()
        for way in ("plain", "buffers"):
            ours.share_buffers(fill(model), way == "buffers").eval()
            with torch.no_grad(): yield f"{name}, {way}: logits", summary(model(odd))
            for module in model.train().modules():
                if hasattr(module, "p"): module.eval()  # dropout and stochastic depth draw random numbers
            model.zero_grad()
            loss = ours.SegmentationCrossEntropy()(model(even), target)
            loss.backward()
            found = {part: [f(p.grad) for p in module.parameters() for f in (torch.sum, torch.norm)]
                     for part, module in model.named_children()}
            buffers = torch.cat([b.flatten() for b in model.buffers() if b.is_floating_point()])
            yield f"{name}, {way}: training", dict(loss=loss, statistics=summary(buffers), gradients={
                part: summary(numbers) for part, numbers in found.items() if numbers})


def scenes(folder):
    "Synthetic scenes, and a folder of them."
    for seed, size in ((0, (64, 128)), (1, (128, 256)), (2, (100, 210)), ((5, 0, 2), (96, 192))):
        image, ids = ours.street_scene(seed, size)
        yield f"{seed}, {size}", dict(ids=digest(ids), image=digest(image), numbers=summary(image))
    path = streets(folder)
    files = [file.relative_to(path).as_posix() for file in sorted(path.rglob("*.*"))]
    yield "files", files
    for end in ("Ids", "Img8bit"):
        yield end, digest(np.stack([Image.open(path/file) for file in files if file.endswith(f"{end}.png")]))
    yield "settings", json.loads((path/"streets.json").read_text())


def batches(folder):
    "Two epochs of training batches and one of validation, of each kind of loader and augmentation."
    images, masks = folder/"plain"/"images", folder/"plain"/"masks"
    for file in sorted(streets(folder).rglob("*.png")):
        copy = (masks if "gtFine" in file.parts else images)/("_".join(file.stem.split("_")[:3]) + ".png")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    for name, dls in {
            "resize": loaders(folder, augment="resize"),
            "flip, 20 classes": loaders(folder, labels="cityscapes20", augment="flip", seed=1),
            "scale and crop": loaders(folder, size=(48, 80), base_size=(64, 128), seed=2, cache=16),
            "rotation": loaders(folder, augment=dict(scale=(.4, 1.5), rotation=20., hue=.2), seed=3),
            "camvid": loaders(folder, "camvid_dls", CAMVID, size=(60, 80), base_size=(90, 120), bs=1, seed=4),
            "folder": loaders(folder, "folder_dls", images, masks, valid=.3, split_seed=5)}.items():
        yield name, dict(classes=list(dls.vocab), valid=[image.name for image, _ in dls.dataset.valid],
                         summary=str(dls.summary), counts=dls.summary.pixels)
        for part, loader in {"epoch 0": dls.train, "epoch 1": dls.train, "valid": dls.valid}.items():
            x, y = (torch.cat(tensors).as_subclass(torch.Tensor) for tensors in zip(*loader))
            yield f"{name}: {part}", dict(ids=digest(y), images=summary(x))


def losses(folder):
    "Losses with their gradients, class weights, and mixed pairs."
    target = torch.from_numpy(random().choice([0, 0, 0, 0, 1, 1, 2, 3, 4, 255], (2, 9, 11)))
    weight, plain, ohem = torch.tensor([.5, 1, 2, 4, 8]), ours.SegmentationCrossEntropy, ours.OhemCrossEntropy
    for name, loss_func in {
            "plain": plain(), "weighted": plain(weight), "smoothed": plain(weight, label_smoothing=.1),
            "sum": plain(reduction="sum"), "ohem": ohem(min_kept=9), "ohem, weighted": ohem(.02, .6, weight),
            "ohem, sum": ohem(.01, 90, reduction="sum")}.items():
        logits = (3*normal("logits", 2, 5, 9, 11)).requires_grad_()
        loss = loss_func(logits, target)
        loss.backward()
        yield name, dict(loss=loss, gradient=summary(logits.grad))
    counts = ours.class_pixel_counts(target.numpy(), 5)
    yield "counts", counts
    for method in ("log", "median", "inverse"): yield f"{method} weights", ours.class_weights(counts, method)
    for how in ("classmix", "cutmix"):
        generator = torch.Generator().manual_seed(SEED)
        x, y = ours.mix_pairs(normal("images", 2, 3, 9, 11), target, how, 1., generator=generator)
        yield how, dict(images=summary(x), ids=digest(y))


class Double(Callback):
    "Trains in float64, in which rounding does not grow to a difference."
    order = -20
    def before_fit(self): self.model.double()
    def before_batch(self): self.learn.xb = (self.xb[0].double(),)
    def after_loss(self): self.learn.loss = self.loss.float()  # as fastai's recorder needs it


class Stop(Callback):
    "Ends a run in its second epoch, as Ctrl-C does."
    order = 200
    def after_batch(self):
        if self.training and self.epoch == 1: raise KeyboardInterrupt


def training(folder):
    "Losses of the first steps of three recipes, and of a run that was stopped and resumed."
    everything = ours.Recipe("all", freeze_backbone=False, optimizer="adamw", lr=1e-3, schedule="poly",
                             loss="ohem",
                             class_weighting="log", label_smoothing=.1, auxiliary=.4, mix="classmix", ema=.9)
    for recipe in (ours.RECIPES["demo"], ours.Recipe("frozen"), everything):
        learn = learner(folder, recipe=recipe, freeze_backbone=recipe.freeze_backbone)
        callbacks = [Double(), *ours.recipe_callbacks(recipe)]
        with learn.no_bar(), learn.no_logging(): learn.fit_recipe(1, cbs=callbacks)
        yield recipe.name, dict(losses=[*learn.recorder.losses], valid=learn.recorder.values[-1][1])
    found = []
    for run, resume, stop in (("whole", False, []), ("stopped", False, [Stop()]), ("stopped", True, [])):
        learn, log = learner(folder), ours.MetricsLog()
        callbacks = [log, Double(), ours.Checkpoint(folder/run, resume=resume), *stop]
        try:
            with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(2, 1e-3, cbs=callbacks)
        except KeyboardInterrupt: pass
        found.append(([*map(digest, learn.model.state_dict().values())], [row[:-1] for row in log.rows]))
    yield "resumed", dict(equal=found[0] == found[2], epochs=[len(rows) for _, rows in found],
                          losses=[*learn.recorder.losses])


def precisions(folder):
    "Training and inference in float32 and in bfloat16."
    for precision in ("fp32", "bf16"):
        learn = learner(folder, precision=precision)
        with learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-5)
        segment = ours.Segmenter(WEIGHTS, device="cpu", precision=precision)
        yield f"{precision}, losses", [*learn.recorder.losses]
        yield f"{precision}, probabilities", summary(segment(IMAGE).probabilities())


def labels(folder):
    "Label sets as data, and both ways between ids, train ids and colours."
    own = ours.LabelSet.from_names("abcd", void="c")
    for found in (ours.CITYSCAPES19, ours.CITYSCAPES20, ours.CAMVID11, ours.CAMVID32, own):
        train, metadata = found.encode(np.array([[*found.raw_to_train]])), found.to_dict()
        colors = found.colorize(train)
        yield found.name, dict(metadata=metadata, encode=train, decode=found.decode(train),
                               colors=digest(colors),
                               encode_colors=found.encode_colors(colors))
        yield f"{found.name}, again", ours.LabelSet.from_dict(metadata) == found


def weights_file(folder):
    "A file that was written once is read for good; what is written now holds the same."
    model = ours.load_model(WEIGHTS)
    again = ours.load_model(ours.save_model(model, folder/"again.safetensors"))
    tensors, others = ({key: digest(value) for key, value in m.state_dict().items()} for m in (model, again))
    yield "file", hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    yield "model", dict(metadata=digest(model.metadata), tensors=digest(tensors), training=model.training)
    yield "again", [others == tensors, again.metadata == model.metadata, again.config == model.config]
    with torch.no_grad(): yield "logits", summary(model.double()(normal("odd", 2, 3, 61, 90)))


def inference(folder):
    "An image of another size than the training's: whole, in tiles, at several scales, by exported files."
    for name, options in dict(training={}, own=dict(size=None), height=dict(size=96), flip=dict(flip=True),
                              views=dict(scales=(.75, 1.25)), windows=dict(size=None, overlap=.4)).items():
        segment = ours.Segmenter(WEIGHTS, device="cpu", precision="fp32", **options)
        if name == "windows": segment.memory = int(segment.bytes_per_pixel*84**2)
        yield name, segmented(result := segment(IMAGE))
    pixels = np.array(Image.open(IMAGE))
    yield "window", segment.tile(pixels.shape[:2], segment.memory)
    yield "array", segmented(segment(pixels[::2, ::-1]))
    for kind, expected in dict(train=result.train_ids, raw=result.raw_ids, color=result.color()).items():
        yield f"{kind} file", np.array_equal(Image.open(result.save(folder/f"{kind}.png", kind)), expected)
    model, x = ours.load_model(WEIGHTS), torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy())
    with torch.no_grad(): yield "program", summary(ours.trace(model).module()(x))
    segment = ours.OnnxSegmenter(ours.export_onnx(model, folder/"model.onnx"), size=None)
    result = segment(IMAGE)
    yield "onnx", dict(segmented(result), logits=summary(result.logits), metadata=sorted(segment.metadata))


def evaluation(folder):
    "All ways to a score, on synthetic scenes and on CamVid, at other sizes than the network's."
    model, data = ours.load_model(WEIGHTS), ours.open_dataset(streets(folder))
    camvid = ours.camvid_dataset(CAMVID)
    config = asdict(model.config) | dict(num_classes=len(camvid.labels))
    other = fill(ours.create_model(weights_backbone=None, **config))
    others = loaders(folder, "camvid_dls", CAMVID, size=(72, 96), bs=1)
    for name, network, dls in ("streets", model, loaders(folder, bs=1)), ("camvid", other, others):
        learn = ours.denseaspp_learner(dls, model=network, recipe="demo", precision="fp32")
        yield f"{name}, learner", scores(ours.evaluate(learn))
        with learn.no_bar(): yield f"{name}, metrics", dict(mean_iou=learn.validate()[1])
        yield f"{name}, learner, at its size", scores(ours.Report(learn.metrics[0].confusion, dls.labels))
    for name, network, pairs, size in (("streets", model, data.valid, 64),
                                       ("camvid", other, camvid.train, None)):
        segment = ours.Segmenter(network, device="cpu", precision="fp32", size=size)
        predict = lambda image: segment(image).train_ids
        yield f"{name}, predictions", scores(ours.score_predictions(predict, pairs, segment.labels))
        kinds, out = ("raw", "train", "color"), folder/"found"/name
        ours.predict(segment, [(image, Path(image.name)) for image, _ in pairs], out, kinds)
        for kind in kinds:
            yield f"{name}, {kind} files", scores(ours.score_folder(out, pairs, segment.labels, kind))
    yield "images", [str(name) for _, name in ours.find_images([data.path/"leftImg8bit", IMAGE])]


def reports(folder):
    "Texts and numbers of a report on confusion matrices that are given."
    for labels in (ours.CITYSCAPES20, ours.CAMVID11):
        n, rng = len(labels), random()
        true = rng.integers(0, n - 1, 9999)  # the last class is absent
        found = np.where(rng.random(9999) < .6, true, rng.integers(0, n + 1, 9999))
        report = ours.Report(ours.ConfusionMatrix(n).update(found, np.where(true == 3, 255, true)), labels)
        csv = report.to_csv(folder/"report.csv").read_text()
        yield labels.name, dict(csv=csv.splitlines(), text=str(report).splitlines(), json=report.to_dict(),
                                without=report.mean_iou_without(labels.names[:4]))


def data_sets(folder):
    "The faults of a data set in which each kind of file is wrong, and a resized copy of one that is whole."
    pixels = random().integers(0, 256, (8, 40, 60, 3), dtype=np.uint8)
    images, masks = folder/"data"/"images", folder/"data"/"masks"
    for i, image in enumerate(pixels):
        for where, array in ((images, image), (masks, image[..., 0] % 11)):
            where.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(where/f"{i}.png")
    (masks/"0.png").unlink()
    (images/"1.png").write_text("no image")
    Image.fromarray(pixels[2, ..., 0] % 40).save(masks/"2.png")
    Image.fromarray(pixels[3, :30, ..., 0] % 11).save(masks/"3.png")
    Image.fromarray(np.full((40, 60), 255, np.uint8)).save(masks/"4.png")
    shutil.copy(images/"6.png", images/"5.png")
    found = ours.verify_dataset(folder/"data", "camvid11")
    yield "status", found.status
    yield "faults", str(found).replace(str(folder), "FOLDER").splitlines()
    yield "resized", ours.resize_dataset(streets(folder), folder/"small", (40, 84))[:2]
    yield "files", [digest(np.asarray(Image.open(file))) for file in sorted((folder/"small").rglob("*.png"))]


def study(folder):
    "What the analysis finds in a network and in label files."
    model, data = ours.load_model(WEIGHTS), ours.open_dataset(streets(folder))
    yield "head", ours.describe_head(model)
    objects = ours.measure_objects(data, ("car", "person", "pole"))
    yield "objects", dict(area=objects.area, foot=summary(objects.foot), height=summary(objects.height))
    yield "prototypes", summary(ours.class_prototypes(model, data.valid, data.labels).nan_to_num())
    removed = ours.levels_removed(model, data, (0, 1, 3))
    for n, report, sizes in zip(removed.removed, removed.reports, removed.sizes):
        yield f"without {n} levels", dict(scores(report), recall=sizes.mean(), objects=sizes.objects.sum(0))
    yield "confusable", [names for _, *names in ours.confusable_pairs(removed.reports[0], 3)]


GROUPS = {f.__name__: f for f in (presets, networks, scenes, batches, losses, training, precisions, labels,
                                  weights_file, inference, evaluation, reports, data_sets, study)}


def plain(value):
    "Nested data as JSON gives it back: lists, Python's numbers, None for NaN."
    if isinstance(value, dict): return {str(key): plain(v) for key, v in value.items()}
    if hasattr(value, "tolist"): return plain(value.tolist())
    if isinstance(value, (list, tuple)): return [plain(v) for v in value]
    return None if value != value else float(f"{value:.12g}") if isinstance(value, float) else value


def compute(group):
    "Values of a group by name, and the error that ended it."
    values, error = {}, None
    torch.manual_seed(SEED)
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, value in GROUPS[group](Path(folder)): values[name] = plain(value)
        except Exception: error = traceback.format_exc(limit=-2)
    return values, error


def leaves(value, name):
    "Name and value of each number, text and list of numbers in nested data."
    if isinstance(value, list) and not all(isinstance(v, (int, float)) for v in value):
        value = dict(enumerate(value))
    if not isinstance(value, dict): yield name, value
    else:
        for key, v in value.items(): yield from leaves(v, f"{name}/{key}")


def difference(a, b, tolerance):
    "How two values differ; None where they do not."
    if a == b: return None
    lists = [v if isinstance(v, list) else [v] for v in (a, b)]
    numbers = [v for values in lists for v in values if isinstance(v, (int, float))]
    if len(lists[0]) != len(lists[1]) or len(numbers) < 2*len(lists[0]): return f"was {a!r}, is {b!r}"
    if not any(isinstance(v, float) for v in numbers): tolerance = 0
    worst, x, y = max((abs(x - y), x, y) for x, y in zip(*lists))
    return f"was {x!r}, is {y!r}" if worst > tolerance*max(map(abs, numbers)) + 1e-12 else None


def check(group, recorded):
    "Yields how a group differs from what is recorded."
    found, error = compute(group)
    if error: yield f"{group}: {error}"
    found, recorded = (dict(leaves(values, group)) for values in (found, recorded))
    for name in {**recorded, **found}:
        if error and name not in found: continue
        tolerance = next((TOLERANCE[part] for part in name.split("/") if part in TOLERANCE), 1e-5)
        fault = difference(recorded.get(name, "absent"), found.get(name, "absent"), tolerance)
        if fault: yield f"{name}: {fault}"


def write(groups, recorded):
    "Records the values of some groups; those of the others stay."
    for group in groups:
        recorded[group], error = compute(group)
        if error: sys.exit(f"{group}: {error}")
    package = Path(importlib.import_module("denseaspp").__file__).parent
    command = ["git", "-C", package, "rev-parse", "--short", "HEAD"]
    commit = subprocess.check_output(command, text=True).strip()
    versions = {name: version(name) for name in "torch torchvision fastai numpy pillow onnxruntime".split()}
    header = dict(commit=commit, command=" ".join(["golden.py", *sys.argv[1:]]), seed=SEED, versions=versions)
    line = lambda name, value: f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
    values = [f'"{group}": {{\n' + ",\n".join(line(*item) for item in recorded[group].items()) + "\n}"
              for group in GROUPS if group in recorded]
    rows = [*(line(*item) for item in header.items()), '"values": {\n' + ",\n".join(values) + "\n}"]
    RECORD.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def main(command="", *groups):
    if command not in ("write", "check") or set(groups) - GROUPS.keys():
        sys.exit(f"{__doc__}\nGroups: {', '.join(GROUPS)}")
    groups = groups or GROUPS
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))["values"] if RECORD.is_file() else {}
    if command == "write": return write(groups, recorded)
    faults = [fault for group in groups for fault in check(group, recorded.get(group, {}))]
    n = sum(len([*leaves(recorded.get(group, {}), group)]) for group in groups)
    print("\n".join([*faults, f"{len(faults)} of {n} values differ"]) if faults else f"{n} values equal")
    sys.exit(bool(faults))


if __name__ == "__main__": main(*sys.argv[1:])
