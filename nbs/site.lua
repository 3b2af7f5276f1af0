-- A notebook's heading of a symbol and the one that nbdev's documentation of it brings are one heading.
local seen = {}

function Header(el)
  if el.level ~= 3 then return end
  local text = pandoc.utils.stringify(el)
  if seen[text] == "alone" then return {} end
  if seen[text] == "listed" then
    seen[text] = "alone"
    return pandoc.Div({}, pandoc.Attr(el.identifier))
  end
  if not text:find("^[%a_][%w_%.]*$") then
    for part in text:gmatch("[^,%s]+") do seen[part] = "listed" end
  else
    seen[text] = "alone"
  end
end
