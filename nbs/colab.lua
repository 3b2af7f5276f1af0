-- "Open in Colab" at the top of each page that is made from a notebook. The notebooks' place is named here and nowhere else.
local notebooks = "denseaspp/denseaspp/blob/main/nbs"
local badge = '<p class="colab-badge"><a href="https://colab.research.google.com/github/%s/%s" title="%s"><img src="https://colab.research.google.com/assets/colab-badge.svg" alt="Open in Colab"></a></p>'
local install = "In Colab, first install the package: !pip install --no-deps git+https://github.com/" .. notebooks:match("^(.-)/blob/")

function Pandoc(doc)
  local name = quarto.doc.input_file:match("([^/\\]+%.ipynb)$")
  if name == nil or not quarto.doc.is_format("html") then return nil end
  table.insert(doc.blocks, 1, pandoc.RawBlock("html", badge:format(notebooks, name, install)))
  return doc
end
