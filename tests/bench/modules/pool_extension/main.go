// Makes Envoy Gateway route to InferencePools, as Envoy AI Gateway does: an extension server for its xDS translation.
// The cluster of an InferencePool connects to the pod that the endpoint picker names, and a filter for each match of the
// pool asks the picker. Like Envoy AI Gateway, it adds one filter for each route, and disables the filters of other
// pools for each route.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"

	extension "github.com/envoyproxy/gateway/proto/extension"
	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const space, manager = "bench.pool", "envoy.filters.network.http_connection_manager"

type pool struct {
	Metadata struct{ Name, Namespace string }
	Spec     struct {
		EndpointPickerRef struct {
			Name string
			Port struct{ Number uint32 }
		}
	}
}

func (p pool) host() string {
	return p.Spec.EndpointPickerRef.Name + "." + p.Metadata.Namespace + ".svc"
}
func (p pool) name() string { return "picker/" + p.Metadata.Namespace + "/" + p.Metadata.Name }

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// The pool among the resources of a rule, and how it is kept in the metadata of a cluster or a route.
func poolOf(resources []*extension.ExtensionResource) (*pool, string) {
	for _, resource := range resources {
		found := pool{}
		if json.Unmarshal(resource.UnstructuredBytes, &found) == nil {
			return &found, string(resource.UnstructuredBytes)
		}
	}
	return nil, ""
}

func keep(metadata *core.Metadata, text string) *core.Metadata {
	kept := map[string]*structpb.Struct{space: must(structpb.NewStruct(map[string]any{"pool": text}))}
	for name, fields := range metadata.GetFilterMetadata() {
		kept[name] = fields
	}
	return &core.Metadata{FilterMetadata: kept}
}

func kept(metadata *core.Metadata) *pool {
	text := metadata.GetFilterMetadata()[space].GetFields()["pool"].GetStringValue()
	found, _ := poolOf([]*extension.ExtensionResource{{UnstructuredBytes: []byte(text)}})
	return found
}

type server struct {
	extension.UnimplementedEnvoyGatewayExtensionServer
}

func (server) PostRouteModify(_ context.Context, asked *extension.PostRouteModifyRequest) (*extension.PostRouteModifyResponse, error) {
	if _, text := poolOf(asked.GetPostRouteContext().GetExtensionResources()); text != "" && asked.Route.GetRoute() != nil {
		asked.Route.Metadata = keep(asked.Route.Metadata, text)
		asked.Route.GetRoute().HostRewriteSpecifier = &route.RouteAction_AutoHostRewrite{AutoHostRewrite: wrapperspb.Bool(false)}
	}
	return &extension.PostRouteModifyResponse{Route: asked.Route}, nil
}

func (server) PostClusterModify(_ context.Context, asked *extension.PostClusterModifyRequest) (*extension.PostClusterModifyResponse, error) {
	if _, text := poolOf(asked.GetPostClusterContext().GetBackendExtensionResources()); text != "" {
		to := asked.Cluster
		to.ClusterDiscoveryType = &cluster.Cluster_Type{Type: cluster.Cluster_ORIGINAL_DST}
		to.LbPolicy = cluster.Cluster_CLUSTER_PROVIDED
		config := &cluster.Cluster_OriginalDstLbConfig{UseHttpHeader: true, HttpHeaderName: "x-gateway-destination-endpoint"}
		to.LbConfig = &cluster.Cluster_OriginalDstLbConfig_{OriginalDstLbConfig: config}
		to.LoadBalancingPolicy, to.EdsClusterConfig, to.LoadAssignment = nil, nil, nil
		to.Metadata = keep(to.Metadata, text)
	}
	return &extension.PostClusterModifyResponse{Cluster: asked.Cluster}, nil
}

func (server) PostTranslateModify(_ context.Context, asked *extension.PostTranslateModifyRequest) (*extension.PostTranslateModifyResponse, error) {
	clusters := asked.Clusters
	for _, to := range asked.Clusters {
		if found := kept(to.Metadata); found != nil {
			clusters = append(clusters, pickerOf(*found))
		}
	}
	for _, config := range asked.Routes {
		pools := []pool{}
		for _, host := range config.VirtualHosts {
			for _, each := range host.Routes {
				if found := kept(each.Metadata); found != nil {
					pools = append(pools, *found)
				}
			}
		}
		disableOthers(config, pools)
		for _, each := range asked.Listeners {
			addFilters(each, config.Name, pools)
		}
	}
	answer := &extension.PostTranslateModifyResponse{Clusters: clusters, Secrets: asked.Secrets}
	answer.Listeners, answer.Routes = asked.Listeners, asked.Routes
	return answer, nil
}

func disableOthers(config *route.RouteConfiguration, pools []pool) {
	off := must(anypb.New(&extproc.ExtProcPerRoute{Override: &extproc.ExtProcPerRoute_Disabled{Disabled: true}}))
	for _, host := range config.VirtualHosts {
		for _, each := range host.Routes {
			if each.TypedPerFilterConfig == nil {
				each.TypedPerFilterConfig = map[string]*anypb.Any{}
			}
			for _, other := range pools {
				if own := kept(each.Metadata); own == nil || own.name() != other.name() {
					each.TypedPerFilterConfig[other.name()] = off
				}
			}
		}
	}
}

func addFilters(to *listener.Listener, config string, pools []pool) {
	for _, chain := range append(to.FilterChains, to.DefaultFilterChain) {
		for _, filter := range chain.GetFilters() {
			http := &hcm.HttpConnectionManager{}
			if filter.Name != manager || filter.GetTypedConfig().UnmarshalTo(http) != nil || http.GetRds().GetRouteConfigName() != config {
				continue
			}
			last := len(http.HttpFilters) - 1
			filters := append([]*hcm.HttpFilter{}, http.HttpFilters[:last]...)
			for _, each := range pools {
				filters = append(filters, filterOf(each))
			}
			http.HttpFilters = append(filters, http.HttpFilters[last])
			filter.ConfigType = &listener.Filter_TypedConfig{TypedConfig: must(anypb.New(http))}
		}
	}
}

func read[T proto.Message](into T, form string, values ...any) T {
	return must(into, protojson.Unmarshal(fmt.Appendf(nil, form, values...), into))
}

func filterOf(asking pool) *hcm.HttpFilter {
	return read(&hcm.HttpFilter{}, `{"name": %[1]q, "typedConfig": {
		"@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
		"grpcService": {"envoyGrpc": {"clusterName": %[1]q, "authority": %[2]q}}, "messageTimeout": "300s",
		"processingMode": {"requestHeaderMode": "SEND", "requestBodyMode": "FULL_DUPLEX_STREAMED", "requestTrailerMode": "SEND",
			"responseHeaderMode": "SEND", "responseBodyMode": "FULL_DUPLEX_STREAMED", "responseTrailerMode": "SEND"}}}`, asking.name(), asking.host())
}

func pickerOf(asked pool) *cluster.Cluster {
	return read(&cluster.Cluster{}, `{"name": %[1]q, "connectTimeout": "10s", "type": "STRICT_DNS",
		"loadAssignment": {"clusterName": %[1]q, "endpoints": [{"lbEndpoints": [{"endpoint": {"address": {
			"socketAddress": {"address": %[2]q, "portValue": %[3]d}}}}]}]},
		"transportSocket": {"name": "envoy.transport_sockets.tls", "typedConfig": {
			"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
			"commonTlsContext": {}}},
		"typedExtensionProtocolOptions": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
			"@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
			"explicitHttpConfig": {"http2ProtocolOptions": {}}}}}`,
		asked.name(), asked.host(), asked.Spec.EndpointPickerRef.Port.Number)
}

func main() {
	socket := must(net.Listen("tcp", os.Args[1]))
	serving := grpc.NewServer(grpc.MaxRecvMsgSize(1 << 26))
	extension.RegisterEnvoyGatewayExtensionServer(serving, server{})
	log.Fatal(serving.Serve(socket))
}
