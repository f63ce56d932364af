import { useState } from "react";
import { useT } from "#shared/i18n";
import { Button, Note } from "#shared/parts";

/** Something that is shown once: the text, a button that copies it, and why it will not be seen again. */
export function Secret({ text, note }: { text: string; note: string }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <div className="grid gap-2">
      <Note>{note}</Note>
      <code className="mono break-all select-all">{text}</code>
      <p className="flex items-center gap-3">
        {"clipboard" in navigator && (
          <Button icon="copy" onClick={copy}>
            {t("admin.copy")}
          </Button>
        )}
        <span role="status">{copied && t("admin.copied")}</span>
      </p>
    </div>
  );
}
