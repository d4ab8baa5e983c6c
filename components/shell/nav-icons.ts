import {
  Activity,
  Bell,
  BookOpen,
  Boxes,
  ClipboardCheck,
  Cpu,
  Database,
  FileCheck2,
  FlaskConical,
  Gauge,
  House,
  Inbox,
  LayoutTemplate,
  Lightbulb,
  ListChecks,
  Rocket,
  ScrollText,
  Server,
  ShieldCheck,
  User,
  Users,
  type LucideIcon,
} from "lucide-react";
import type { PlaceIcon } from "@/server/plates/kind";
import { places } from "@/server/plates/kinds";

const ICONS: Readonly<Record<PlaceIcon, LucideIcon>> = {
  activity: Activity,
  bell: Bell,
  "book-open": BookOpen,
  boxes: Boxes,
  "clipboard-check": ClipboardCheck,
  cpu: Cpu,
  database: Database,
  "file-check-2": FileCheck2,
  "flask-conical": FlaskConical,
  gauge: Gauge,
  house: House,
  inbox: Inbox,
  "layout-template": LayoutTemplate,
  lightbulb: Lightbulb,
  "list-checks": ListChecks,
  rocket: Rocket,
  "scroll-text": ScrollText,
  server: Server,
  "shield-check": ShieldCheck,
  user: User,
  users: Users,
};

/** The icon of each place. Apart from the places themselves: the sidebar gets its icons drawn by the server, the palette loads this later. */
export const NAV_ICONS: Readonly<Record<string, LucideIcon>> = Object.fromEntries(
  places.map((place) => [place.href, ICONS[place.icon]]),
);
