export interface Measured {
  kb: number;
  largest: string[];
}
export interface Budgets {
  ceilingKb: number;
  kindsKb: Record<string, number>;
  laterKb: number;
  regression: number;
  routes: Record<string, { kind: string; kb: number }>;
}
export function measureRoutes(dist: string): Map<string, Measured>;
export function heaviestLater(dist: string): number;
export function judge(measured: Map<string, Measured>, later: number, budgets: Budgets): string[];
