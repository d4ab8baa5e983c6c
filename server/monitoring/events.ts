/** What happens to alerts, for whoever listens. */
export interface MonitoringEvents {
  "monitoring.alert_raised": { alertId: string };
  "monitoring.alert_resolved": { alertId: string };
  "monitoring.alerts_told": { groupId: string };
}

declare module "@/server/core/events" {
  interface DomainEvents extends MonitoringEvents {}
}
