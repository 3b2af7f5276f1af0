"""A minute of training with the installed package, as a user's first script: run outside the checkout."""
import importlib.util, math, time

import denseaspp
import fastai
from denseaspp.all import *

assert "site-packages" in denseaspp.__file__, denseaspp.__file__
assert importlib.util.find_spec("nbdev") is None, "this environment is to be without nbdev"

if __name__ == "__main__":
    started = time.time()
    path = make_streets("streets", n_train=40, n_val=6, size=(128, 256))
    dls = cityscapes_dls(path, size=(128, 256), bs=4)
    learn = denseaspp_learner(dls, "demo", recipe="demo")
    with learn.no_bar():
        before = learn.validate()[0]
        learn.fit_one_cycle(8, 3e-3)
    report = evaluate(learn)
    after = learn.recorder.values[-1][1]
    print(report)
    assert math.isfinite(after) and after < .8*before, f"validation loss {before:.3f} → {after:.3f}"
    save_model(learn.model, "streets.safetensors")
    assert load_model("streets.safetensors").metadata["labels"]["names"][0] == "road"
    print(f"fastai {fastai.__version__}: loss {before:.3f} → {after:.3f}, mIoU {report.mean_iou:.3f}, {time.time() - started:.0f} s")
