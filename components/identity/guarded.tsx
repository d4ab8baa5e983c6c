"use client";
import type { ReactNode } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { ForbiddenState } from "@/components/common/forbidden-state";
import { ListSkeleton } from "@/components/common/skeletons";
import type { Permission } from "@/server/core/authz/permissions";
import { useSession } from "@/components/kit/use-can";

/** A page that needs a permission: says so to whoever lacks it, before it asks the server for anything. */
export function Guarded(props: {
  permission: Permission;
  what: string;
  neededRole: string;
  children: ReactNode;
}) {
  const session = useSession();
  if (session.error && !session.data)
    return <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />;
  if (!session.data) return <ListSkeleton />;
  if (!session.data.permissions[props.permission].allowed)
    return <ForbiddenState what={props.what} role={props.neededRole} />;
  return props.children;
}
