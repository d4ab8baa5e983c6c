import type { ReactNode } from "react";
import { Logo } from "@/components/shell/logo";
import { ThemeToggle } from "@/components/shell/theme-toggle";

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex h-12 items-center justify-between px-4">
        <span className="flex items-center gap-2 font-semibold">
          <Logo className="size-6" /> Modelworks
        </span>
        <ThemeToggle />
      </header>
      <main id="main" className="flex flex-1 items-start justify-center px-4 pt-[14vh] pb-12 max-sm:pt-[6vh]">
        <div className="flex w-full max-w-sm flex-col gap-5">{children}</div>
      </main>
    </div>
  );
}
