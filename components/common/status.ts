import {
  Archive,
  Ban,
  Bell,
  BellOff,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleHelp,
  CirclePause,
  CircleSlash,
  CircleX,
  Clock,
  Eye,
  FilePen,
  GitBranch,
  Hourglass,
  LoaderCircle,
  RotateCcw,
  ShieldCheck,
  Timer,
  TriangleAlert,
  Undo2,
  type LucideIcon,
} from "lucide-react";
import type { Tone } from "@/components/ui/badge";
import type { StatusIcon, StatusWord } from "@/server/plates/kind";
import { statusWords } from "@/server/plates/kinds";

export type StatusLook = { label: string; icon: LucideIcon; tone: Tone; moving?: boolean };

const ICONS: Readonly<Record<StatusIcon, LucideIcon>> = {
  archive: Archive,
  ban: Ban,
  bell: Bell,
  "bell-off": BellOff,
  "circle-alert": CircleAlert,
  "circle-check": CircleCheck,
  "circle-dashed": CircleDashed,
  "circle-dot": CircleDot,
  "circle-help": CircleHelp,
  "circle-pause": CirclePause,
  "circle-slash": CircleSlash,
  "circle-x": CircleX,
  clock: Clock,
  eye: Eye,
  "file-pen": FilePen,
  "git-branch": GitBranch,
  hourglass: Hourglass,
  "loader-circle": LoaderCircle,
  "rotate-ccw": RotateCcw,
  "shield-check": ShieldCheck,
  timer: Timer,
  "triangle-alert": TriangleAlert,
  "undo-2": Undo2,
};

/** Words of states that many rooms share; what only one room says stands in its `kinds.ts`. */
const SHARED_WORDS: Readonly<Record<string, StatusWord | undefined>> = {
  draft: { label: "Draft", icon: "file-pen", tone: "neutral" },
  pending: { label: "Pending", icon: "clock", tone: "neutral" },
  queued: { label: "Queued", icon: "clock", tone: "neutral" },
  waiting: { label: "Waiting", icon: "hourglass", tone: "warning" },
  blocked: { label: "Blocked", icon: "circle-slash", tone: "warning" },
  running: { label: "Running", icon: "loader-circle", tone: "info", moving: true },
  succeeded: { label: "Succeeded", icon: "circle-check", tone: "positive" },
  finished: { label: "Finished", icon: "circle-check", tone: "positive" },
  completed: { label: "Completed", icon: "circle-check", tone: "positive" },
  done: { label: "Done", icon: "circle-check", tone: "positive" },
  failed: { label: "Failed", icon: "circle-x", tone: "negative" },
  error: { label: "Error", icon: "circle-alert", tone: "negative" },
  cancelled: { label: "Cancelled", icon: "ban", tone: "neutral" },
  scheduled: { label: "Scheduled", icon: "clock", tone: "info" },
  ready: { label: "Ready", icon: "circle-check", tone: "positive" },
  stale: { label: "Stale", icon: "triangle-alert", tone: "warning" },
  archived: { label: "Archived", icon: "archive", tone: "neutral" },
  retired: { label: "Retired", icon: "archive", tone: "neutral" },
  open: { label: "Open", icon: "circle-dot", tone: "info" },
  requested: { label: "Requested", icon: "eye", tone: "warning" },
  expired: { label: "Expired", icon: "timer", tone: "neutral" },
  applied: { label: "Applied", icon: "circle-check", tone: "positive" },
  closed: { label: "Closed", icon: "circle-slash", tone: "neutral" },
  active: { label: "Active", icon: "circle-check", tone: "positive" },
  stopped: { label: "Stopped", icon: "circle-slash", tone: "neutral" },
  inactive: { label: "Inactive", icon: "circle-slash", tone: "neutral" },
  disabled: { label: "Disabled", icon: "circle-slash", tone: "neutral" },
};

/** The look of a state: icon, word and colour. An unknown state is shown honestly: its own words, a neutral dashed circle. */
export function statusLook(status: string): StatusLook {
  const key = status.toLowerCase().replaceAll(/[\s-]+/gu, "_");
  const known = statusWords[key] ?? SHARED_WORDS[key];
  if (known) return { ...known, icon: ICONS[known.icon] };
  const words = key.replaceAll("_", " ");
  return { label: words.charAt(0).toUpperCase() + words.slice(1), icon: CircleDashed, tone: "neutral" };
}
