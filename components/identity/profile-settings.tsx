"use client";
import dynamic from "next/dynamic";
import { useTheme } from "next-themes";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { useNow } from "@/components/common/use-now";
import { setSingleKeysEnabled, useSingleKeysEnabled } from "@/components/common/shortcuts";
import { Label } from "@/components/ui/label";
import { NativeSelect } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";
import { BrowserSessions } from "./browser-sessions";
import { useSession } from "@/components/kit/use-can";

// Drawn by the server with the page; what makes them work (react-hook-form) is no part of the page's first scripts.
const Profile = dynamic(() => import("./settings-forms").then((module) => module.Profile));
const PasswordChange = dynamic(() => import("./settings-forms").then((module) => module.PasswordChange));

/** Profile, password, appearance and keyboard of the signed-in person. */
export function ProfileSettings() {
  const session = useSession();
  if (session.error && !session.data)
    return <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />;
  if (!session.data) return <DetailSkeleton />;
  const { me } = session.data;
  return (
    <>
      <PageHeader title="Settings" description={`Signed in as ${me.email}.`} />
      <div className="flex max-w-2xl flex-col gap-8">
        <Profile name={me.name} />
        {me.hasPassword ? (
          <PasswordChange email={me.email} />
        ) : (
          <Section
            title="Password"
            description="You sign in through single sign-on; change your password there."
          >
            {null}
          </Section>
        )}
        <BrowserSessions />
        <Appearance />
      </div>
    </>
  );
}

function Appearance() {
  const { theme, setTheme } = useTheme();
  const singleKeys = useSingleKeysEnabled();
  // The stored theme is known in the browser only; the server's first paint shows the default.
  const hydrated = useNow() !== 0;
  return (
    <Section title="Appearance and keyboard" description="Kept in this browser." frame="card">
      <div className="flex flex-col gap-4">
        <div className="flex flex-col gap-1">
          <Label htmlFor="theme">Theme</Label>
          <NativeSelect
            id="theme"
            className="max-w-60"
            value={hydrated ? (theme ?? "system") : "system"}
            onChange={(event) => setTheme(event.target.value)}
          >
            <option value="system">As the system</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </NativeSelect>
        </div>
        <div className="flex items-start gap-3">
          <Switch
            id="single-keys"
            checked={singleKeys}
            onCheckedChange={setSingleKeysEnabled}
            aria-describedby="single-keys-hint"
          />
          <div>
            <Label htmlFor="single-keys">Single-key shortcuts</Label>
            <p id="single-keys-hint" className="text-sm text-fg-subtle">
              Such as j and k in lists. Turn them off if you speak to your computer. Press ? for all
              shortcuts.
            </p>
          </div>
        </div>
      </div>
    </Section>
  );
}
