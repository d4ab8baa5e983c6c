import {
  Bell,
  Boxes,
  ClipboardCheck,
  Cpu,
  Database,
  FileCheck2,
  FlaskConical,
  Gauge,
  GitBranch,
  LineChart,
  Play,
  Rocket,
  ScrollText,
  Shapes,
  User,
  Users,
  type LucideIcon,
} from "lucide-react";
import Link from "next/link";
import { cn } from "@/components/ui/cn";
import type { ThingIcon } from "@/server/plates/kind";
import { thingOf } from "@/server/plates/kinds";

const ICONS: Readonly<Record<ThingIcon, LucideIcon>> = {
  bell: Bell,
  boxes: Boxes,
  "clipboard-check": ClipboardCheck,
  cpu: Cpu,
  database: Database,
  "file-check-2": FileCheck2,
  "flask-conical": FlaskConical,
  gauge: Gauge,
  "git-branch": GitBranch,
  "line-chart": LineChart,
  play: Play,
  rocket: Rocket,
  "scroll-text": ScrollText,
  user: User,
  users: Users,
};

/** The icon of a kind of thing; a neutral one for kinds it does not know. */
export function EntityIcon({ kind, className }: { kind: string; className?: string }) {
  const icon = thingOf(kind)?.icon;
  const Icon = icon ? ICONS[icon] : Shapes;
  return <Icon aria-hidden className={cn("size-4 shrink-0 text-fg-subtle", className)} />;
}

/** A link to an entity with its kind's icon. */
export function EntityLink({
  kind,
  href,
  label,
  className,
}: {
  kind: string;
  href: string;
  label: string;
  className?: string;
}) {
  return (
    <Link
      href={href}
      className={cn(
        "inline-flex min-h-6 max-w-full items-center gap-1.5 rounded-sm text-fg hover:text-accent-text hover:underline",
        className,
      )}
    >
      <EntityIcon kind={kind} />
      <span className="truncate">{label}</span>
    </Link>
  );
}
