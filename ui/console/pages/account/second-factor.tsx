import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { post } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Button, Note, Plate, ProblemBox, TextField } from "#shared/parts";

interface Begun {
  secret: string;
  uri: string;
}

/** Codes of an authenticator app (TOTP, RFC 6238): on, proven by a first code, off by the password. */
export function SecondFactor({ on }: { on: boolean }) {
  const t = useT();
  const cache = useQueryClient();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [codes, setCodes] = useState<string[]>([]);
  const [typed, setTyped] = useState("");
  const [failed, setFailed] = useState<unknown>(null);
  const attempt = (f: () => Promise<void>) => async (e?: FormEvent) => {
    e?.preventDefault();
    setFailed(null);
    try {
      await f();
    } catch (x) {
      setFailed(x);
    }
  };
  const renew = () => cache.invalidateQueries({ queryKey: ["auth"] });
  const begin = attempt(async () => setBegun(await post<Begun>("/auth/totp/begin", {})));
  const confirm = attempt(async () => {
    const d = await post<{ recovery_codes: string[] }>("/auth/totp/confirm", { code: typed.trim() });
    setCodes(d.recovery_codes);
    setBegun(null);
    setTyped("");
    await renew();
  });
  const remove = attempt(async () => {
    await post("/auth/totp/remove", { password: typed });
    setTyped("");
    setCodes([]);
    await renew();
  });
  return (
    <Plate title={t("account.factor")} note={on ? t("account.factorOn") : t("account.factorOff")}>
      {codes.length > 0 && (
        <div className="grid gap-2 mb-3">
          <Note>{t("account.recovery")}</Note>
          <ul className="mono select-all columns-2">
            {codes.map((c) => (
              <li key={c}>{c}</li>
            ))}
          </ul>
        </div>
      )}
      {!on && !begun && (
        <>
          <p className="t2 mb-2">{t("account.factorHelp")}</p>
          <Button onClick={begin}>{t("account.factorBegin")}</Button>
        </>
      )}
      {begun && (
        <form className="grid gap-3" onSubmit={confirm}>
          <p className="t2">{t("account.scan")}</p>
          <Code text={begun.uri} label={t("account.qr")} />
          <p className="mono break-all select-all">{begun.secret}</p>
          <TextField
            label={t("sign.code")}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            mono
            value={typed}
            onChange={setTyped}
          />
          <p>
            <Button type="submit" kind="primary">
              {t("account.factorConfirm")}
            </Button>
          </p>
        </form>
      )}
      {on && (
        <form className="grid gap-3" onSubmit={remove}>
          <TextField
            label={t("sign.password")}
            type="password"
            autoComplete="current-password"
            value={typed}
            onChange={setTyped}
          />
          <p>
            <Button type="submit" kind="danger">
              {t("account.factorRemove")}
            </Button>
          </p>
        </form>
      )}
      {failed !== null && <ProblemBox error={failed} />}
    </Plate>
  );
}

/** A QR code, drawn here: the secret leaves the browser for nobody else. */
function Code({ text, label }: { text: string; label: string }) {
  const [src, setSrc] = useState("");
  useEffect(() => {
    let current = true;
    void import("qrcode").then(async (q) => {
      const url = await q.toDataURL(text, { margin: 2, width: 200 });
      if (current) setSrc(url);
    });
    return () => {
      current = false;
    };
  }, [text]);
  return src ? <img src={src} width={200} height={200} alt={label} /> : null;
}
