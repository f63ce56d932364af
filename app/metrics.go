package app

import (
	"net/http"
	"reflect"
	"strings"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"chargewright/edge/gateway"
)

// adminRoutes is the map of the admin listener.
func (s *Server) adminRoutes() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), gatewayMetrics{s.Gateway},
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chargewright_message_log_dropped_total", Help: "Exchanges with stations that the message log could not keep.",
		}, func() float64 { return float64(s.messages.Dropped()) }))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	return mux
}

// gatewayMetrics shows every field of gateway.Stats as chargewright_gateway_….
type gatewayMetrics struct{ g *gateway.Gateway }

// Describe sends nothing: the metrics follow the struct.
func (gatewayMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m gatewayMetrics) Collect(ch chan<- prometheus.Metric) {
	v := reflect.ValueOf(m.g.Stats())
	for i := range v.NumField() {
		name, kind := "chargewright_gateway_"+snake(v.Type().Field(i).Name)+"_total", prometheus.CounterValue
		if v.Type().Field(i).Name == "Connections" {
			name, kind = "chargewright_gateway_connections", prometheus.GaugeValue
		}
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, "See gateway.Stats.", nil, nil), kind, float64(v.Field(i).Uint()))
	}
}

func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
