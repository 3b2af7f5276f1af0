-- Headings of symbols, as nbdev's documentation brings them.
local seen = {}

-- `__call__` in a heading is a name and no bold type.
local function plain(el)
  return pandoc.walk_block(el, { Strong = function(s) return pandoc.Str("__" .. pandoc.utils.stringify(s) .. "__") end })
end

-- A notebook's own heading of a symbol and that of its documentation are one heading.
function Header(el)
  if el.level ~= 3 then return end
  el = plain(el)
  local text = pandoc.utils.stringify(el)
  if seen[text] == "alone" then return {} end
  if seen[text] == "listed" then
    seen[text] = "alone"
    return pandoc.Div({}, pandoc.Attr(el.identifier))
  end
  if text:find("^[%a_][%w_%.]*$") then
    seen[text] = "alone"
  else
    for part in text:gmatch("[^,%s]+") do seen[part] = seen[part] or "listed" end
  end
  return el
end
