import { ProfileSettings } from "@/components/identity/profile-settings";

export const metadata = { title: "Settings" };

export default function SettingsPage() {
  return <ProfileSettings />;
}
