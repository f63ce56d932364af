import { asSentence } from "../logic/price";

/** The lines of a price beyond its sentence. */
export function Details({ of, sentence }: { of: readonly string[]; sentence: string }) {
  const more = of.filter((d) => asSentence(d) !== asSentence(sentence));
  if (more.length === 0) return null;
  return (
    <ul className="t2 text-sm">
      {more.map((d) => (
        <li key={d}>{asSentence(d)}</li>
      ))}
    </ul>
  );
}
