package obs

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics is everything the program counts. Labels have few values each: never
// a shop, an order or a person.
type Metrics struct {
	Registry *prometheus.Registry

	// The web edge.
	Requests       *prometheus.CounterVec   // route, method, status: "2xx"
	RequestSeconds *prometheus.HistogramVec // route

	// Intake: what stores send us.
	Deliveries    *prometheus.CounterVec // platform, result: accepted, bad_signature, bad_request, too_large, unknown_shop, unavailable
	Duplicates    prometheus.Counter     // of those accepted, the ones that were there already
	IntakeBatch   prometheus.Histogram   // deliveries that shared one commit
	IntakeSeconds prometheus.Histogram   // from the body read to the commit

	// Settling: what the deliveries mean.
	SettleDeliver   *prometheus.CounterVec // result: done, retry
	SettleBatchSecs prometheus.Histogram
	SettleBatch     prometheus.Histogram // deliveries in a batch
	Postings        prometheus.Counter

	// What waits, over all shops, asked of the database when /metrics is.
	Unprocessed prometheus.Gauge // deliveries that wait for a worker
	OldestSecs  prometheus.Gauge // how long the first of them has been due
	Parked      prometheus.Gauge // deliveries that wait for a person

	// Jobs.
	Jobs       *prometheus.CounterVec   // kind, result: done, failed
	JobSeconds *prometheus.HistogramVec // kind
}

var (
	seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	sizes   = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}
)

// NewMetrics makes a registry of its own with the Go runtime's and the
// process's collectors and all of our metrics.
func NewMetrics(version string) *Metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m := &Metrics{
		Registry: r,

		Requests:       counters(r, "http_requests_total", "Requests by route, method and status class.", "route", "method", "status"),
		RequestSeconds: histograms(r, "http_request_seconds", "Time to answer a request.", seconds, "route"),

		Deliveries:    counters(r, "deliveries_received_total", "Webhook deliveries by platform and what became of them at the door.", "platform", "result"),
		Duplicates:    counter(r, "deliveries_duplicate_total", "Deliveries that were accepted and had been received before."),
		IntakeBatch:   histogram(r, "intake_batch_size", "Deliveries that shared one commit.", sizes),
		IntakeSeconds: histogram(r, "intake_seconds", "Time from a delivery's body to its commit.", seconds),

		SettleDeliver:   counters(r, "settle_deliveries_total", "Deliveries processed by a worker, by result.", "result"),
		SettleBatchSecs: histogram(r, "settle_batch_seconds", "Time of one settle transaction.", seconds),
		SettleBatch:     histogram(r, "settle_batch_size", "Deliveries in one settle transaction.", sizes),
		Postings:        counter(r, "ledger_postings_total", "Ledger entries posted by settling."),

		Unprocessed: gauge(r, "deliveries_unprocessed", "Deliveries that are due and wait for a worker, over all shops; NaN when the database does not answer."),
		OldestSecs:  gauge(r, "deliveries_oldest_seconds", "How long the first of those has been due."),
		Parked:      gauge(r, "deliveries_parked", "Deliveries that wait for a person after their last retry, over all shops."),

		Jobs:       counters(r, "jobs_total", "Jobs run, by kind and result.", "kind", "result"),
		JobSeconds: histograms(r, "job_seconds", "Time of one job.", append(seconds, 60, 300, 1800), "kind"),
	}
	build := gauges(r, "build_info", "Always 1; the labels say what runs.", "version")
	build.WithLabelValues(version).Set(1)
	return m
}

const namespace = "tributary"

func counter(r *prometheus.Registry, name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	r.MustRegister(c)
	return c
}

func counters(r *prometheus.Registry, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(c)
	return c
}

func gauge(r *prometheus.Registry, name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	r.MustRegister(g)
	return g
}

func gauges(r *prometheus.Registry, name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(g)
	return g
}

func histogram(r *prometheus.Registry, name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
	r.MustRegister(h)
	return h
}

func histograms(r *prometheus.Registry, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	r.MustRegister(h)
	return h
}
