import { useT } from "#shared/i18n";
import { TextField } from "#shared/parts";

/** The shortest password of staff, in characters; the server decides. */
export const shortest = 10;

/** A new password, typed once; a password manager offers one. */
export function NewPassword({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (v: string) => void;
  error?: string;
}) {
  const t = useT();
  return (
    <TextField
      label={t("sign.newPassword")}
      help={t("sign.passwordHelp", { n: shortest })}
      error={error}
      type="password"
      autoComplete="new-password"
      required
      minLength={shortest}
      value={value}
      onChange={onChange}
    />
  );
}
