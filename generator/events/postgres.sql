-- The table into which other systems put events for `sealpress watch`, and what belongs to it.
-- Run it once, as the owner of the schema:  psql --file postgres.sql

create table sealpress_events (
    number bigserial primary key,  -- the order in which events are taken
    event jsonb not null,          -- docs/events.schema.json
    created timestamptz not null default now()
);

-- Where events go that cannot be used, each with the reason. Mend the event and insert it again.
create table sealpress_events_refused (
    number bigint not null,
    event jsonb not null,
    created timestamptz not null,
    reason text not null,
    refused timestamptz not null default now()
);

-- Rings once a transaction, when it commits; whoever does not hear it reads some seconds later.
create function sealpress_events_came() returns trigger language plpgsql as $$
begin
    perform pg_notify('sealpress_events', '');
    return null;
end
$$;

create trigger sealpress_events_came after insert on sealpress_events
    for each statement execute function sealpress_events_came();

-- Who writes events needs:  insert on sealpress_events, usage on sealpress_events_number_seq.
-- Who watches needs:        select and delete on sealpress_events,
--                           insert on sealpress_events_refused.
