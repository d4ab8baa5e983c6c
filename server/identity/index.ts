export { insertPerson } from "@/server/auth/insert-person";
export { insertTeam } from "./team-store";
