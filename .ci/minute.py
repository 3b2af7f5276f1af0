"""A minute of training with the installed package, as a user's first script; a type checker reads it too."""
import importlib.util, math, time

import denseaspp
import fastai
from denseaspp.all import *
from typing_extensions import assert_type

if __name__ == "__main__":
    assert "site-packages" in denseaspp.__file__, denseaspp.__file__
    assert importlib.util.find_spec("nbdev") is None, "this environment is to be without nbdev"
    started = time.time()
    path = make_streets("streets", n_train=40, n_valid=6, size=(128, 256))
    assert_type(open_dataset(path).labels, LabelSet)
    learn = denseaspp_learner(cityscapes_dls(path, size=(128, 256), bs=4), "demo", recipe="demo")
    with learn.no_bar():
        before = learn.validate()[0]
        learn.fit_one_cycle(8, 3e-3)
    after, report = learn.recorder.values[-1][1], evaluate(learn)
    assert math.isfinite(after) and after < .8*before, f"validation loss {before:.3f} → {after:.3f}"
    assert_type(report.mean_iou, float)
    save_model(learn.model, "streets.safetensors")
    model = assert_type(load_model("streets.safetensors"), SegmentationModel)
    assert model.metadata["labels"]["names"][0] == "road"
    assert_type(create_model("report4", weights_backbone=None, num_classes=11).config, ModelConfig)
    segmenter = assert_type(Segmenter("streets.safetensors"), Segmenter)
    segmenter(next((path/"leftImg8bit").rglob("*.png"))).show()
    assert_type(ConfusionMatrix(11) + ConfusionMatrix(11), ConfusionMatrix)
    assert_type(Recipe("own", weights_backbone=None, class_weighting=None, mix=None, ema=None), Recipe)
    print(report)
    print(f"fastai {fastai.__version__}: loss {before:.3f} → {after:.3f}, {time.time() - started:.0f} s")
