import { useT } from "#shared/i18n";
import { useGo, useLocation } from "#shared/nav";
import { Button } from "#shared/parts";
import { keepWay } from "../back";

/** What needs a sign-in: says why, leads there and comes back. */
export function NeedSignIn({ why }: { why: string }) {
  const t = useT();
  const go = useGo();
  const { href } = useLocation();
  return (
    <div className="empty">
      <p>{why}</p>
      <Button
        kind="primary"
        className="tall"
        onClick={() => {
          keepWay(href.replace(/^\/app(?=\/|$)/, "") || "/");
          go("/sign-in");
        }}
      >
        {t("page.sign-in")}
      </Button>
    </div>
  );
}
