import type { ReactNode } from "react";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Empty, IconButton } from "#shared/parts";

/** A page of the driver: head with the way back, content, and a dock at the foot for what is pressed. */
export function Page({
  title,
  over,
  back,
  action,
  dock,
  children,
}: {
  title: ReactNode;
  over?: ReactNode;
  back?: () => void;
  action?: ReactNode;
  dock?: ReactNode;
  children: ReactNode;
}) {
  const t = useT();
  return (
    <>
      <header className="dhead">
        {back && <IconButton icon="left" label={t("shell.back")} onClick={back} />}
        <div className="min-w-0 flex-1">
          {over && <p className="text-sm t2 cut">{over}</p>}
          <h1 className="cut">{title}</h1>
        </div>
        {action}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keys */}
      <div className="dbody" tabIndex={0}>
        {children}
      </div>
      {dock && <div className="dock">{dock}</div>}
    </>
  );
}

export function NotFound() {
  const t = useT();
  return (
    <Page title={t("shell.notFound")}>
      <Empty why="">
        <A className="lk" href="/">
          {t("shell.home")}
        </A>
      </Empty>
    </Page>
  );
}
