import type { ReactNode } from "react";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Empty, Mark } from "#shared/parts";

/** A page before signing in: one plate in the middle of the cabinet. */
export function Gate({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <main className="min-h-dvh grid place-items-center p-3">
      <div className="w-full max-w-[400px]">
        <p className="flex items-center gap-2 text-[17px] font-bold mb-3">
          <Mark />
          Chargewright
        </p>
        <section className="plate grid gap-3 py-4">
          <h1>{title}</h1>
          {children}
        </section>
      </div>
    </main>
  );
}

export function NotFound() {
  const t = useT();
  return (
    <div className="plate h-full">
      <Empty why={t("shell.notFound")}>
        <A className="lk" href="/">
          {t("shell.home")}
        </A>
      </Empty>
    </div>
  );
}
