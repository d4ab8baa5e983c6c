import { z } from "zod";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, passwordLength } from "@/server/auth/rules";
import { MAX_TOKEN_DAYS } from "./rules";

/** Roles and scopes as literals: this file reaches the browser and holds no server code. */
export const RoleInput = z.enum(["viewer", "member", "reviewer", "admin"], "Choose a role.");
export const ScopeInput = z.enum(["read", "write", "track", "infer", "review", "admin"]);

export const Password = z
  .string()
  .min(MIN_PASSWORD_LENGTH, { error: `Use at least ${MIN_PASSWORD_LENGTH} characters.`, abort: true })
  .max(MAX_PASSWORD_LENGTH, `Use at most ${MAX_PASSWORD_LENGTH} characters.`)
  .refine(
    (password) => passwordLength(password) >= MIN_PASSWORD_LENGTH,
    `Use at least ${MIN_PASSWORD_LENGTH} characters.`,
  );
export const PersonName = z.string().trim().min(1, "Enter a name.").max(100);
export const Email = z.email("Enter an email address, such as ada@example.com.").max(254);
export const TeamName = z.string().trim().min(1, "Enter a name.").max(60);
export const TeamSlug = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/,
    "Use 3 to 40 lower-case letters, digits and hyphens, starting with a letter.",
  );

export const SwitchTeamInput = z.object({ teamId: z.string().max(60) });
export const SessionInput = z.object({ sessionId: z.string().max(60) });
export const UpdateProfileInput = z.object({ name: PersonName });
export const ChangePasswordInput = z.object({
  currentPassword: z.string().min(1, "Enter your current password.").max(MAX_PASSWORD_LENGTH),
  newPassword: Password,
});
export const ClaimSetupInput = z.object({
  token: z.string().min(20).max(100),
  name: PersonName,
  email: Email,
  password: Password,
  teamName: TeamName,
});
export const ClaimResetInput = z.object({ token: z.string().min(20).max(100), password: Password });

export const CreatePersonInput = z.object({
  name: PersonName,
  email: Email,
  isPlatformAdmin: z.boolean().default(false),
});
export const PersonInput = z.object({ userId: z.string().max(60) });
export const CreateTeamInput = z.object({ name: TeamName, slug: TeamSlug });
export const TeamInput = z.object({ teamId: z.string().max(60) });
export const AddMemberInput = z.object({ teamId: z.string().max(60), email: Email, role: RoleInput });
export const ChangeRoleInput = z.object({
  teamId: z.string().max(60),
  userId: z.string().max(60),
  role: RoleInput,
});
export const RemoveMemberInput = z.object({ teamId: z.string().max(60), userId: z.string().max(60) });

export const CreateTokenInput = z.object({
  name: z.string().trim().min(1, "Name the token after what uses it.").max(60),
  scopes: z.array(ScopeInput).min(1, "Choose at least one scope."),
  expiresInDays: z.coerce
    .number("Say when it expires.")
    .int()
    .min(1, "At least one day.")
    .max(MAX_TOKEN_DAYS, `At most ${MAX_TOKEN_DAYS} days.`),
});
export const TokenInput = z.object({ tokenId: z.string().max(60) });
