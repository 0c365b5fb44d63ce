-- Waits until no request is open, but at least 5 seconds, in which the cluster removes the pod from its Services.
local function ask(handle, cluster, method, path)
  local head = {[":method"] = method, [":path"] = path, [":authority"] = cluster}
  local _, body = handle:httpCall(cluster, head, "", 5000)
  return body or ""
end

function envoy_on_request(handle)
  -- From now on, Envoy closes a connection after its response.
  ask(handle, "admin", "POST", "/healthcheck/fail")
  for second = 1, 280 do
    ask(handle, "inner", "GET", "/pause")
    local active = ask(handle, "admin", "GET", "/stats?filter=^http.front.downstream_rq_active$")
    if second >= 5 and active:match(": 0%s") then break end
  end
end
