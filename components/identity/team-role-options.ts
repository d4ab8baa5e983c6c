/** What each role of a team may do, in a few words. */
export const TEAM_ROLE_OPTIONS = [
  { value: "viewer", label: "Viewer: reads" },
  { value: "member", label: "Member: builds" },
  { value: "reviewer", label: "Reviewer: decides reviews" },
  { value: "admin", label: "Admin: all of it, and the people" },
];
