-- Sessions that were billed although something about them is doubtful are listed for people to look at: few of many, by what is strange about them.
CREATE INDEX session_session_doubtful ON session_session (tenant_id, COALESCE(started_at, created_at), id) WHERE settled AND flags <> '';
