/** One fault of several in a problem. */
export interface Fault {
  field?: string;
  detail?: string;
}

/** What the server answers instead of a result (RFC 9457), or what the network did. */
export interface Problem {
  status: number;
  title: string;
  kind?: string;
  /** Machine word, e.g. "price_changed". */
  code?: string;
  detail?: string;
  field?: string;
  errors?: Fault[];
  retry_after?: number;
  [more: string]: unknown;
}

/** Thrown by every call that has no result. `status` 0: the server was not reached. */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
  get status() {
    return this.problem.status;
  }
  get kind() {
    return this.problem.kind ?? "";
  }
  get code() {
    return this.problem.code ?? "";
  }
  /** The message for one member of a form, "" when the problem is not there. */
  at(field: string): string {
    const p = this.problem;
    const same = (f?: string) => f !== undefined && f.replace(/^body[./]|^\//, "").replaceAll("/", ".") === field;
    return p.errors?.find((e) => same(e.field))?.detail ?? (same(p.field) ? (p.detail ?? p.title) : "");
  }
}

/** Reads the problem out of an answer. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  let body: Partial<Problem> = {};
  try {
    body = (await answer.json()) as Partial<Problem>;
  } catch {
    // Not from us: a proxy's page. The status must do.
  }
  const wait = Number(answer.headers.get("Retry-After"));
  return new ApiProblem({
    ...body,
    status: answer.status,
    title: body.title || answer.statusText || `HTTP ${answer.status}`,
    ...(wait > 0 && body.retry_after === undefined ? { retry_after: wait } : {}),
  });
}
