"use client";
import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { Button } from "@/components/ui/button";
import { MenuButton } from "@/components/ui/menu-button";
import type { MenuEntry } from "@/components/ui/menu-entries";

const options = [
  { value: "light", name: "Light", icon: Sun },
  { value: "dark", name: "Dark", icon: Moon },
  { value: "system", name: "System", icon: Monitor },
].map(({ value, name, icon: Icon }) => ({
  value,
  label: (
    <>
      <Icon aria-hidden /> {name}
    </>
  ),
}));

/** Light, dark, or as the system says. */
export function ThemeToggle() {
  const { theme, setTheme } = useTheme();
  const entries: MenuEntry[] = [{ type: "choice", value: theme ?? "system", onChange: setTheme, options }];
  return (
    <MenuButton align="end" entries={entries}>
      <Button variant="ghost" size="icon" aria-label="Theme">
        <Sun aria-hidden className="dark:hidden" />
        <Moon aria-hidden className="hidden dark:block" />
      </Button>
    </MenuButton>
  );
}
