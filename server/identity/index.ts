export { insertPerson, insertTeam } from "./team-store";
