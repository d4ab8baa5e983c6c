"use client";
import { Sheet, SheetContent } from "@/components/ui/sheet";
import { Sidebar, type SidebarProps } from "./sidebar";

/** The sidebar as a sheet, for narrow screens. */
export function MobileNav({
  open,
  onOpenChange,
  ...sidebar
}: SidebarProps & { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Sheet open={open} onOpenChange={onOpenChange}>
      <SheetContent side="left" title="Navigation" hideTitle className="w-72">
        <Sidebar {...sidebar} compact={false} onNavigate={() => onOpenChange(false)} />
      </SheetContent>
    </Sheet>
  );
}
