const PAGES: Record<string, (id: string) => string> = {
  version: (id) => `/models/versions/${id}`,
  deployment: (id) => `/deployments/${id}`,
};

/** Where a judged subject has its page; undefined for kinds without one. */
export const subjectHref = (kind: string, id: string): string | undefined => PAGES[kind]?.(id);
