import {
  Bell,
  Boxes,
  ClipboardCheck,
  Cpu,
  Database,
  FileCheck2,
  FlaskConical,
  GitBranch,
  type LucideIcon,
  LineChart,
  Play,
  Rocket,
  ScrollText,
  Shapes,
  User,
  Users,
} from "lucide-react";
import Link from "next/link";
import { cn } from "@/components/ui/cn";

const ICONS: Record<string, LucideIcon> = {
  alert: Bell,
  dataset: Database,
  dataset_version: Database,
  deployment: Rocket,
  experiment: FlaskConical,
  gate: FileCheck2,
  job: Cpu,
  log_entry: ScrollText,
  model: Boxes,
  policy: FileCheck2,
  review: ClipboardCheck,
  rollout: GitBranch,
  run: LineChart,
  team: Users,
  template: Play,
  user: User,
  version: Boxes,
};

/** The icon of a kind of thing; a neutral one for kinds it does not know. */
export function EntityIcon({ kind, className }: { kind: string; className?: string }) {
  const Icon = ICONS[kind] ?? Shapes;
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
