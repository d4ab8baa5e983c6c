import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";

/** Prometheus registry of this process. */
export const metricsRegistry = new Registry();
collectDefaultMetrics({ register: metricsRegistry, prefix: "modelworks_" });

export const httpRequests = new Counter({
  name: "modelworks_http_requests_total",
  help: "Requests answered by the data plane",
  labelNames: ["method", "status"],
  registers: [metricsRegistry],
});

export const sqlStatements = new Counter({
  name: "modelworks_sql_statements_total",
  help: "Statements sent to the database by this process",
  registers: [metricsRegistry],
});

export const httpSeconds = new Histogram({
  name: "modelworks_http_request_seconds",
  help: "Time to answer a data-plane request, in seconds",
  labelNames: ["method"],
  buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
  registers: [metricsRegistry],
});
