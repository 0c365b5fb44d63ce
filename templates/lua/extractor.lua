-- The program: identical in every installation. It copies the model and the engine of a request into the headers that
-- the routes match. docs/reference/body-to-header.md explains the rules.
local MODEL, OWNER = "x-gateway-model-name", "x-owned-by"
local NAMESPACE = "llmd-routes" -- of the dynamic metadata
local INVALID = "invalid" -- replaces a model name that no route can match
local MOST_PARTS, MOST_IN_HEAD = 2000, 16384 -- of a form
local MOST_NAMED = 10 -- models in an error message
local UNROUTABLE = "The request names a model that cannot be served: a name is printable ASCII of at most 512 characters,"
  .. " without spaces at its ends and without two spaces in a row"
local REFUSALS = { -- message and code
  ["too large"] = {"The body is larger than this gateway reads: " .. LIMIT .. " bytes at most.", "request_too_large"},
  ["encoded"] = {"The body is encoded; send it without content-encoding.", "unsupported_content_encoding"},
  ["no JSON"] = {
    "The body is not a JSON object; send valid JSON in UTF-8, without a byte order mark.", "invalid_json",
  },
  ["no form"] = {
    "The body is not a valid form; send one field or file for each part, and nothing after the last boundary.",
    "invalid_form",
  },
  ["no upgrade"] = {"An upgrade must be a GET request.", "invalid_upgrade"},
}
local find, sub, byte, gsub = string.find, string.sub, string.byte, string.gsub
local match, gmatch, lower, char = string.match, string.gmatch, string.lower, string.char
local WANTED = {model = true, owned_by = true, engine = true, inference_server = true}
local ESCAPES = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t"}

-- Whether a value can be sent and matched as a header. Most values match the first pattern.
local function usable(value)
  return #value <= 512 and (find(value, "^[!-~]+$") or value ~= "" and not find(value, "[^ -~]")
    and not find(value, "^ ") and not find(value, " $") and not find(value, "  ", 1, true))
end

-- The value of x-owned-by for an engine name: "invalid" if it cannot be a header, nil without a name.
local function owner_of(value)
  if value == nil then return nil end
  if not value then return "invalid" end
  local key = value
  if not find(value, "^[a-z0-9_]+$") then
    local first, last = find(value, "[^%s]"), #value
    if not first then return nil end
    while find(sub(value, last, last), "%s") do last = last - 1 end
    key = lower(sub(value, first, last))
  end
  key = ALIASES[key] or key
  if key == "default" or key == "invalid" then return nil end
  return usable(key) and not find(key, ",", 1, true) and key or "invalid"
end

-- A JSON string without escapes. One byte replaces each escape outside ASCII, because such names are not usable.
local function unescaped(text)
  if not find(text, "\\", 1, true) then return text end
  return (gsub(text, "\\(.)(%x?%x?%x?%x?)", function(kind, digits)
    if kind ~= "u" then return (ESCAPES[kind] or kind) .. digits end
    local code = tonumber(digits, 16)
    return code and code < 128 and char(code) or "\255"
  end))
end

-- The position of the closing quote of the string that begins at `from`.
local function closing(text, from)
  local at = find(text, '"', from, true)
  while at and byte(text, at - 1) == 92 do
    -- An odd number of backslashes escapes the quote.
    if byte(text, at - 2) == 92 then
      local slash = at - 3
      while byte(text, slash) == 92 do slash = slash - 1 end
      if (at - slash) % 2 == 1 then break end
    end
    at = find(text, '"', at + 1, true)
  end
  return at
end

-- The position and byte of the first character at or after `at` that is not white space.
local function skip(text, at)
  local c = byte(text, at)
  while c == 32 or c == 10 or c == 13 or c == 9 do
    at = at + 1
    c = byte(text, at)
  end
  return at, c
end

-- The last byte that is not white space.
local function last_of(text)
  local at = #text
  local c = byte(text, at)
  while c == 32 or c == 10 or c == 13 or c == 9 do
    at = at - 1
    c = byte(text, at)
  end
  return c
end

-- The wanted members of a JSON object by name: strings, or false for any other value but null; the last of equal names
-- wins. Returns nil if the text is not an object. The second value is whether a member names an engine, also by null.
-- The search moves from string to string and looks only at the brackets between them, which suffices for valid JSON.
-- Servers read a text whose second byte is NUL as UTF-16 or UTF-32.
local function json(text)
  local found, depth, names_engine = {}, 1, false
  local at, opening = skip(text, 1)
  if opening ~= 123 or byte(text, at + 1) == 0 or last_of(text) ~= 125 then return nil end
  local quote = find(text, '"', at + 1, true)
  while quote do
    for i = at + 1, quote - 1 do
      local c = byte(text, i)
      if c > 90 then -- all brackets are above
        if c == 123 or c == 91 then depth = depth + 1 elseif c == 125 or c == 93 then depth = depth - 1 end
      end
    end
    if depth < 1 then break end
    at = find(text, '"', quote + 1, true)
    if at and byte(text, at - 1) == 92 then at = closing(text, at) end
    if not at then return nil end
    if depth == 1 then
      local colon, c = skip(text, at + 1)
      local name = c == 58 and sub(text, quote + 1, at - 1)
      if name and not WANTED[name] then name = find(name, "\\", 1, true) and unescaped(name) end
      if name and WANTED[name] then
        local value, first = skip(text, colon + 1)
        found[name] = false
        names_engine = names_engine or name ~= "model"
        if first == 34 then
          at = closing(text, value + 1)
          if not at then return nil end
          found[name] = unescaped(sub(text, value + 1, at - 1))
        elseif first == 110 then
          found[name] = nil
        end
      end
    end
    quote = find(text, '"', at + 1, true)
  end
  return found, names_engine
end

-- A JSON object with white space in place of the members that name an engine, each with one adjacent comma.
local function stripped(text)
  local spans, depth, from, name, comma, at = {}, 0, nil, nil, nil, 1
  repeat
    local quote = find(text, '"', at, true)
    for i = at, (quote or #text + 1) - 1 do
      local c = byte(text, i)
      if c == 123 or c == 91 then
        depth = depth + 1
      elseif c == 44 or c == 125 or c == 93 then
        if depth == 1 and name then
          if name ~= "model" and WANTED[name] then
            spans[#spans + 1] = {from, c == 44 and i or i - 1}
            if c ~= 44 and comma then spans[#spans + 1] = {comma, comma} end
          elseif c == 44 then
            comma = i -- after the last member that remains
          end
          name = nil
        end
        if c ~= 44 then depth = depth - 1 end
      end
    end
    local stop = quote and depth > 0 and closing(text, quote + 1)
    if stop and depth == 1 and not name then from, name = quote, unescaped(sub(text, quote + 1, stop - 1)) end
    at = stop and stop + 1
  until not at
  table.sort(spans, function(a, b) return a[1] < b[1] end)
  local parts, last = {}, 0
  for i = 1, #spans do
    local first = spans[i][1]
    parts[#parts + 1] = sub(text, last + 1, first - 1)
    last = spans[i][2]
    parts[#parts + 1] = string.rep(" ", last - first + 1)
  end
  parts[#parts + 1] = sub(text, last + 1)
  return table.concat(parts)
end

-- The parameters of a header's value by name. Returns nil if servers could read them in different ways. The last of
-- them may have an encoded value (RFC 2231), as in `filename*=UTF-8''a`. An escaped quote keeps its backslash.
local function parameters_of(value)
  if find(value, "%c") or find(value, '\\\\"', 1, true) then return nil end
  local found, at = {}, match(value, "^[^;]*()")
  value = gsub(value, '\\"', "\\'")
  while at <= #value do
    local name, stop = match(value, "^; *([!#-'*+.^_`|~0-9A-Za-z-]+)=()", at)
    if not name then return nil end
    local said, last = match(value, '^"([^"]*)" *()', stop)
    if not said then said, last = match(value, "^([!#-:=?-Z%[%]^-~]+) *()", stop) end
    name = lower(name)
    if not said or found[name] or find(name, "*", 1, true) and name ~= "filename*" then return nil end
    found[name], at = said, last
  end
  return found
end

local function first_word(value)
  local word, stop = match(value, "^ *([^; ]*) *()")
  return (stop > #value or byte(value, stop) == 59) and lower(word)
end

-- The name in the header of a form part, and its file name, if any. Returns nil if servers could read it differently.
local function field(head)
  local disposition
  for line in gmatch(head, "(.-)\r\n") do
    local name, value = match(line, "^([!#-'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)")
    if not name then return nil end
    if lower(name) == "content-disposition" then
      if disposition then return nil end
      disposition = value
    end
  end
  local said = disposition and first_word(disposition) == "form-data" and parameters_of(disposition)
  if not said or not said.name or find(said.name, "\\", 1, true) then return nil end
  if said["filename*"] and not said.filename then return nil end
  return said.name, said.filename
end

-- The wanted fields of a form by name; the last of equal names wins. Returns nil if servers could read it differently.
local function form(text, kind)
  kind = gsub(kind, "^[ \t]+", "")
  local said = first_word(kind) == "multipart/form-data" and parameters_of(kind)
  local boundary = said and said.boundary
  if not boundary or boundary == "" or find(boundary, "\\", 1, true) or said["filename*"]
    or lower(said.charset or "utf-8") ~= "utf-8" then return nil end
  local line, found = "\r\n--" .. boundary, {}
  if sub(text, 1, #line - 2) ~= sub(line, 3) then return nil end
  local at = #line - 1
  for _ = 1, MOST_PARTS do
    local after = sub(text, at, at + 1)
    if after == "--" then
      local rest = sub(text, at + 2, at + 4)
      return (rest == "" or rest == "\r\n") and found or nil
    end
    local head, value = find(sub(text, at, at + MOST_IN_HEAD - 1), "\r\n\r\n", 1, true)
    if after ~= "\r\n" or not head then return nil end
    value = at + value
    local stop, last = find(text, line, value, true)
    local name, is_file = field(sub(text, at + 2, value - 3))
    if not stop or not name then return nil end
    if WANTED[name] and not is_file then found[name] = sub(text, value, stop - 1) end
    at = last + 1
  end
end

local function unquoted(text)
  return (gsub(gsub(text, "%+", " "), "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

-- The wanted parameters of a query by name, where the first of equal names wins, and the query without engine names.
local function parameters(query)
  local found, rest = {}, {}
  for each in gmatch(query .. "&", "([^&]*)&") do
    local name, value = match(each, "^([^=]*)=?(.*)$")
    if WANTED[name] and not found[name] then found[name] = unquoted(value) end
    if name == "model" or not WANTED[name] then rest[#rest + 1] = each end
  end
  return found, table.concat(rest, "&")
end

local seeded
-- Draws an owner by weight. Each worker thread has its own random generator, and all start with the same seed.
local function draw(owners)
  if not seeded then
    seeded = true
    math.randomseed(os.time() + (tonumber(match(tostring({}), "%x+$"), 16) or 0) % 2147483648)
  end
  local total = 0
  for i = 1, #owners do total = total + owners[i][2] end
  local ball = math.random(total)
  for i = 1, #owners do
    ball = ball - owners[i][2]
    if ball <= 0 then return owners[i][1] end
  end
end

local ANY_HOST = next(HOSTS) == nil and #WILDCARDS == 0
-- Whether the routes of llmd-routes match a request by path and host, and the path after `/models`, if any.
local function is_ours(path, headers)
  local inside, listed = false, nil
  for i = 1, #PREFIXES do
    local prefix = PREFIXES[i]
    local rest = sub(path, 1, #prefix) == prefix and sub(path, #prefix + 1)
    if rest and (rest == "" or byte(rest) == 47) then
      inside = true
      if rest == "/models" or sub(rest, 1, 8) == "/models/" then listed = listed or sub(rest, 8) end
    end
  end
  if not inside or ANY_HOST then return inside, listed end
  local name = lower(gsub(headers:get(":authority") or "", ":%d*$", ""))
  if HOSTS[name] then return true, listed end
  for i = 1, #WILDCARDS do
    if #name > #WILDCARDS[i] and sub(name, -#WILDCARDS[i]) == WILDCARDS[i] then return true, listed end
  end
  return false
end

local function media_type(kind)
  local first = find(kind, "[^ \t]") or 1
  local name, after = match(kind, "^([^ \t;,]*)[ \t]*()", first)
  return find(kind, "^[;,]", after) and lower(name) or after > #kind and lower(name) or "?"
end

-- The function that reads bodies of a content type; nil for types that are not read.
local function reader_of(kind)
  local name = kind == "application/json" and kind or media_type(kind)
  return (name == "application/json" or name == "" or find(name, "^[^/]+/[^/]*%+json$")) and json
    or name == "multipart/form-data" and form or nil
end

-- Whether a request upgrades to another protocol. The bytes after its head are not a body and do not end.
local function is_upgrade(headers)
  local options = headers:get("upgrade") and headers:get("connection")
  return options and find("," .. gsub(lower(options), "[ \t]", "") .. ",", ",upgrade,", 1, true)
end

local function is_encoded(headers)
  local codings = headers:get("content-encoding")
  for coding in gmatch(codings and lower(codings) or "", "[^ \t,][^,]*") do
    if not find(coding, "^identity[ \t]*$") then return true end
  end
end

-- Whether a request has a body, by its headers or by its first bytes.
local function has_body(handle, headers)
  local declared = headers:get("content-length")
  if declared then return tonumber(declared) ~= 0 end
  if headers:get("transfer-encoding") then return true end
  local body = handle:body()
  return body and body:length() > 0
end

-- An error in the format of the OpenAI API. `param` is JSON.
local function error_body(message, param, code)
  return '{"error": {"message": "' .. gsub(message, '["\\]', "\\%0")
    .. '", "type": "invalid_request_error", "param": ' .. param .. ', "code": "' .. code .. '"}}'
end

local function refuse(handle, status, reason)
  local message, code = REFUSALS[reason][1], REFUSALS[reason][2]
  handle:respond({[":status"] = status, ["content-type"] = "application/json"}, error_body(message, "null", code))
end

-- By model: the text of the models list for each engine, the text for requests without an engine, and whether those
-- requests are routed. Empty without ENTRIES.
local SERVED, UNNAMED, ROUTED = {}, {}, {}
for i = 1, #(ENTRIES or {}) do
  local model, owner, is_default, text = ENTRIES[i][1], ENTRIES[i][2], ENTRIES[i][3], ENTRIES[i][4]
  SERVED[model], UNNAMED[model] = SERVED[model] or {}, UNNAMED[model] or text
  SERVED[model][owner] = text
  if is_default and not ROUTED[model] then UNNAMED[model], ROUTED[model] = text, true end
end

local function alike(one, other)
  local at = 1
  while at <= #one and byte(one, at) == byte(other, at) do at = at + 1 end
  return at - 1
end

-- Indexes of the entries; models that share the longest prefix with the requested one come first.
local function nearest(model)
  local found, name = {}, lower(model)
  local last = match(name, "[^/]*$")
  for i = 1, #ENTRIES do
    local other = lower(ENTRIES[i][1])
    local same = math.max(alike(name, other), alike(last, match(other, "[^/]*$")))
    found[i] = {ENTRIES[i][1] == model and 2 ^ 20 or same, i}
  end
  table.sort(found, function(a, b) return a[1] > b[1] or a[1] == b[1] and a[2] < b[2] end)
  return found
end

-- Text from a client, made safe for a message.
local function shown(text)
  return (gsub(sub(text, 1, 512), "[^ -~]", "?"))
end

-- Sets the response for a request without a route: at once, or for the routes, where the gateway replaces the body of
-- their 500.
local function set_answer(handle, status, text)
  if RESPONDS then
    local headers = {[":status"] = status, ["content-type"] = "application/json"}
    if status == "405" then headers.allow = ALLOWED end
    return handle:respond(headers, text)
  end
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set(NAMESPACE, "status", status)
  metadata:set(NAMESPACE, "body", text)
end

local function fail(handle, status, message, param, code)
  set_answer(handle, status, error_body(message, param, code))
end

local function unknown(handle, model, owner)
  local found, named = nearest(model), {}
  for i = 1, math.min(#found, MOST_NAMED) do
    local entry = ENTRIES[found[i][2]]
    named[i] = entry[1] .. " by " .. entry[2]
  end
  local subject = "The model '" .. shown(model) .. "' is not served" .. (owner and " by '" .. shown(owner) .. "'" or "")
  if model == INVALID then subject = UNROUTABLE end
  local message = subject .. ". Served are: " .. table.concat(named, ", ")
    .. (#found > #named and ", and " .. #found - #named .. " more" or "") .. "."
  fail(handle, "404", message, SERVED[model] and '"owned_by"' or '"model"', "model_not_found")
end

local function nameless(handle, kind)
  local why = "the model of a request is looked for in its body and in its query"
  if kind then
    why = "its body is " .. shown(kind) .. ", and is read only as application/json or multipart/form-data"
  end
  -- Envoy Gateway rejects programs that contain the name of Lua's module loader, so the code is in two parts.
  local code = "missing_requ" .. "ired_parameter"
  fail(handle, "400", "The request names no model: " .. why .. ".", '"model"', code)
end

local function list(handle, method, rest, owner)
  if method ~= "GET" and method ~= "HEAD" then
    return fail(handle, "405", shown(method) .. " is not allowed here; use GET.", "null", "method_not_allowed")
  end
  local text
  if rest == "" or rest == "/" then
    local found = {}
    for i = 1, #ENTRIES do
      if not owner or owner == ENTRIES[i][2] then found[#found + 1] = ENTRIES[i][4] end
    end
    text = '{"object": "list", "data": [' .. table.concat(found, ", ") .. "]}"
  else
    local model = gsub(sub(rest, 2), "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end)
    if owner then text = SERVED[model] and SERVED[model][owner] else text = UNNAMED[model] end
    if not text then return unknown(handle, model, owner) end
  end
  set_answer(handle, "200", text)
end

-- Returns the fields of a body, and whether the model of the query applies. It applies if the request has no body, or
-- its body was read. Returns nothing for a rejected request.
local function fields_of(handle, headers, names_model)
  if is_upgrade(headers) then
    if headers:get(":method") ~= "GET" then return refuse(handle, "400", "no upgrade") end
    return {}, true
  end
  local kind = headers:get("content-type") or ""
  local reader = reader_of(kind)
  if not reader then return {}, not (names_model and has_body(handle, headers)) end
  if is_encoded(headers) then
    if has_body(handle, headers) then return refuse(handle, "415", "encoded") end
    return {}, true
  end
  local declared = headers:get("content-length")
  if declared and (tonumber(declared) or 0) > LIMIT then return refuse(handle, "413", "too large") end
  local body = handle:body()
  local length = body and body:length() or 0
  if length > LIMIT then return refuse(handle, "413", "too large") end
  if length == 0 then return {}, true end
  local text = body:getBytes(0, length)
  local found, names_engine = reader(text, kind)
  if not found then return refuse(handle, "400", reader == json and "no JSON" or "no form") end
  if STRIP_ENGINE and names_engine then body:setBytes(stripped(text)) end
  return found, true
end

local function named(fields, headers, query)
  return owner_of(fields.owned_by) or owner_of(fields.engine) or owner_of(fields.inference_server)
    or owner_of(headers:get(OWNER)) or owner_of(headers:get("x-inference-server"))
    or owner_of(query.owned_by) or owner_of(query.engine) or owner_of(query.inference_server)
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local target = headers:get(":path") or ""
  local mark = find(target, "?", 1, true)
  local path = mark and sub(target, 1, mark - 1) or target
  local inside, listed = is_ours(path, headers)
  if not inside or listed and not ENTRIES then return end
  if listed then
    local query = mark and parameters(sub(target, mark + 1)) or {}
    return list(handle, headers:get(":method"), listed, named({}, headers, query))
  end
  local query, rest = {}, ""
  if mark then query, rest = parameters(sub(target, mark + 1)) end
  local fields, query_counts = fields_of(handle, headers, query.model)
  if not fields then return end
  headers = handle:headers() -- body() invalidates earlier handles
  local model = fields.model
  if model == nil or model == "" then
    model = query_counts and query.model and usable(query.model) and query.model
  elseif not model or not usable(model) then
    model = INVALID -- engines serve the model of the body, not that of the query
  end
  if mark then
    if model and not KEEP_QUERY and headers:get(":method") == "POST" then
      headers:replace(":path", path)
    elseif rest ~= sub(target, mark + 1) then
      headers:replace(":path", rest == "" and path or path .. "?" .. rest)
    end
  end
  if not model then
    local kind = headers:get("content-type")
    if ENTRIES then nameless(handle, kind and not reader_of(kind) and kind or nil) end
    headers:remove(MODEL)
    headers:remove(OWNER)
    return
  end
  local owner = named(fields, headers, query) or SPLITS[model] and draw(SPLITS[model]) or "default"
  local served = SERVED[model]
  if ENTRIES and not (served and (served[owner] or owner == "default" and ROUTED[model])) then
    unknown(handle, model, owner ~= "default" and owner or nil)
  end
  headers:replace(MODEL, model)
  headers:replace(OWNER, owner)
end
