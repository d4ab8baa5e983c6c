import type { ReactNode } from "react";
import { Breadcrumb, type Crumb } from "@/components/ui/breadcrumb";

export type PageHeaderProps = {
  title: ReactNode;
  breadcrumbs?: readonly Crumb[];
  /** The state badge beside the title. */
  status?: ReactNode;
  /** Owner, digest, updated: short facts under the title. */
  meta?: ReactNode;
  description?: ReactNode;
  /** The next step; the main button last. */
  actions?: ReactNode;
  children?: ReactNode;
};

/** The top of every page: where, what, in which state, whose, and what to do next. Holds the page's only `h1`. */
export function PageHeader(props: PageHeaderProps) {
  return (
    // Where the page spaces its parts itself, the header adds nothing below.
    <header className="flex flex-col gap-2 pb-4 [.gap-6>&]:pb-0">
      {props.breadcrumbs && props.breadcrumbs.length > 0 ? <Breadcrumb items={props.breadcrumbs} /> : null}
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-72 flex-col gap-1">
          <div className="flex min-w-0 flex-wrap items-center gap-2">
            <h1 className="min-w-0 text-xl font-semibold break-words">{props.title}</h1>
            {props.status}
          </div>
          {props.description ? (
            <p className="max-w-3xl text-pretty text-fg-muted">{props.description}</p>
          ) : null}
          {props.meta ? (
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-fg-muted">
              {props.meta}
            </div>
          ) : null}
        </div>
        {props.actions ? <div className="flex flex-wrap items-center gap-2">{props.actions}</div> : null}
      </div>
      {props.children}
    </header>
  );
}
