import re
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

config = ConfigParser(delimiters=["="])
config.read(Path(__file__).parent/"settings.ini", encoding="utf-8")
cfg = config["DEFAULT"]

statuses = ["1 - Planning", "2 - Pre-Alpha", "3 - Alpha", "4 - Beta", "5 - Production/Stable", "6 - Mature",
            "7 - Inactive"]
extras = {key.removesuffix("_requirements"): value.split() for key, value in cfg.items()
          if key.endswith("_requirements")}
for name in ("export", "openvino", "hub", "pretrained", "video"): extras["dev"] += extras[name]
first = int(cfg["min_python"].split(".")[1])
images = f"{cfg['git_url'].replace('github.com', 'raw.githubusercontent.com')}/{cfg['branch']}/"
files = f"{cfg['git_url']}/blob/{cfg['branch']}/"
relative = r"(?!https?:|#)"  # such links an index cannot follow
readme = (Path(__file__).parent/"README.md").read_text(encoding="utf-8")
readme = re.sub(rf'(src="|!\[[^\]]*\]\(){relative}', rf"\1{images}", readme)
readme = re.sub(rf"\]\({relative}", f"]({files}", readme)

setup(
    name=cfg["lib_name"],
    version=cfg["version"],
    description=cfg["description"],
    long_description=readme,
    long_description_content_type="text/markdown",
    author=cfg["author"],
    author_email=cfg["author_email"],
    url=cfg["git_url"],
    project_urls={
        "Documentation": cfg["doc_host"] + cfg["doc_baseurl"],
        "Changelog": f"{cfg['git_url']}/blob/{cfg['branch']}/CHANGELOG.md",
        "Issues": cfg["git_url"] + "/issues",
    },
    keywords=cfg["keywords"].split(),
    license="Apache-2.0",
    classifiers=[
        "Development Status :: " + statuses[int(cfg["status"]) - 1],
        "Intended Audience :: " + cfg["audience"],
        "Natural Language :: " + cfg["language"],
        "Operating System :: OS Independent",
        "Topic :: Scientific/Engineering :: Image Recognition",
        "Typing :: Typed",
    ] + [f"Programming Language :: Python :: 3.{minor}" for minor in range(first, 14)],
    packages=find_packages(include=["denseaspp", "denseaspp.*"]),
    package_dir={"": "."},  # an editable install puts this folder on the path, where nbdev finds nbs/pages.py
    package_data={"denseaspp": ["py.typed", "weights/*.json", "weights/*.safetensors", "images/*"]},
    python_requires=">=" + cfg["min_python"],
    install_requires=cfg["requirements"].split(),
    extras_require=extras,
    entry_points={
        "console_scripts": cfg["console_scripts"].split(),
        "nbdev": [f"{cfg['lib_name']}={cfg['lib_path']}._modidx:d"],
    },
    zip_safe=False,
)
