-- What statements call that PostgreSQL lacks, or has with another meaning: see PostgresDialect. All are null when an argument is
-- null, and none fails on what stands in a row: what has no value is null, so that one odd row cannot break a whole answer.
-- Where arguments may be whole numbers, exact ones (numeric: what grew beyond 64 bits) and floating ones, there is a function for
-- each, and PostgreSQL picks it by the types; numbers with and without a fraction meet in double precision.

-- PostGIS is there: the program sees to it before the first step, with advice when it may not.

-- numbers ---------------------------------------------------------------------------------------------------------

-- The nearest number in double precision; beyond its range infinity, below it zero.
CREATE OR REPLACE FUNCTION stoa_double(exact numeric) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN exact >= 1.797693134862315808e308 THEN 'Infinity'::double precision
    WHEN exact <= -1.797693134862315808e308 THEN '-Infinity'::double precision
    WHEN abs(exact) < 2.4703282292062328e-324 THEN 0
    ELSE exact::double precision END;

-- A JSON number in double precision.
CREATE OR REPLACE FUNCTION stoa_double(number text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    part text[];
    exponent bigint;
BEGIN
    IF length(number) < 40 AND strpos(lower(number), 'e') = 0 THEN RETURN number::double precision; END IF;
    part := regexp_match(number, '^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?)0*([0-9]*))?$');
    IF part IS NULL THEN RETURN NULL; END IF;
    IF (part[2] || COALESCE(part[3], '')) !~ '[1-9]' THEN RETURN (part[1] || '0')::double precision; END IF;
    -- Digits before and after the point decide together with the exponent: only what may lie in range is converted.
    exponent := CASE
        WHEN length(part[5]) > 9 THEN 999999999
        WHEN COALESCE(part[5], '') = '' THEN 0
        ELSE part[5]::bigint END * CASE WHEN part[4] = '-' THEN -1 ELSE 1 END;
    exponent := exponent + CASE
        WHEN part[2] ~ '[1-9]' THEN length(ltrim(part[2], '0'))
        ELSE length(ltrim(part[3], '0')) - length(part[3]) END;
    IF exponent > 310 THEN RETURN (part[1] || 'Infinity')::double precision; END IF;
    IF exponent < -330 THEN RETURN (part[1] || '0')::double precision; END IF;
    -- What is written after the thousandth digit decides nothing that double precision could show.
    RETURN stoa_double((part[1] || '0.' || left(ltrim(part[2] || COALESCE(part[3], ''), '0'), 1000) || 'e' || exponent)::numeric);
END
$$;

-- An exact number as the other engine has it: beyond 64 bits one in double precision.
CREATE OR REPLACE FUNCTION stoa_exact(exact numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN exact BETWEEN -9223372036854775808 AND 9223372036854775807 THEN exact
    WHEN exact = 'NaN' THEN NULL
    ELSE stoa_double(exact)::text::numeric END;

-- The whole number towards zero, at most what 64 bits hold.
CREATE OR REPLACE FUNCTION stoa_whole(number bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN number;

CREATE OR REPLACE FUNCTION stoa_whole(number numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN number = 'NaN' THEN NULL
    WHEN number >= 9223372036854775807 THEN 9223372036854775807
    WHEN number <= -9223372036854775808 THEN -9223372036854775808
    ELSE trunc(number)::bigint END;

CREATE OR REPLACE FUNCTION stoa_whole(number double precision) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN number = 'NaN' THEN NULL
    WHEN number >= 9223372036854775807 THEN 9223372036854775807
    WHEN number <= -9223372036854775808 THEN (-9223372036854775808)::bigint
    ELSE trunc(number)::bigint END;

-- A count of characters or a place in a text.
CREATE OR REPLACE FUNCTION stoa_place(number bigint) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN least(greatest(number, 0), 1000000000)::integer;

CREATE OR REPLACE FUNCTION stoa_place(number numeric) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_place(stoa_whole(number));

CREATE OR REPLACE FUNCTION stoa_place(number double precision) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_place(stoa_whole(number));

CREATE OR REPLACE FUNCTION stoa_negative(number bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN -number::numeric;

CREATE OR REPLACE FUNCTION stoa_negative(number numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN -number;

CREATE OR REPLACE FUNCTION stoa_negative(number double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN -number;

CREATE OR REPLACE FUNCTION stoa_add(left_side bigint, right_side bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_exact(left_side::numeric + right_side);

CREATE OR REPLACE FUNCTION stoa_add(left_side numeric, right_side numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_exact(left_side + right_side);

-- Near the ends of double precision, where PostgreSQL would refuse an overflow or underflow, exact numbers stand in.
CREATE OR REPLACE FUNCTION stoa_add(left_side double precision, right_side double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN abs(left_side) < 8e307 AND abs(right_side) < 8e307 THEN left_side + right_side
    WHEN abs(left_side) = 'Infinity' OR abs(right_side) = 'Infinity' THEN NULLIF(left_side + right_side, 'NaN')
    ELSE stoa_double(left_side::text::numeric + right_side::text::numeric) END;

CREATE OR REPLACE FUNCTION stoa_subtract(left_side bigint, right_side bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_exact(left_side::numeric - right_side);

CREATE OR REPLACE FUNCTION stoa_subtract(left_side numeric, right_side numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_exact(left_side - right_side);

CREATE OR REPLACE FUNCTION stoa_subtract(left_side double precision, right_side double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_add(left_side, -right_side);

CREATE OR REPLACE FUNCTION stoa_multiply(left_side bigint, right_side bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_exact(left_side::numeric * right_side);

CREATE OR REPLACE FUNCTION stoa_multiply(left_side numeric, right_side numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_exact(left_side * right_side);

CREATE OR REPLACE FUNCTION stoa_multiply(left_side double precision, right_side double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN abs(left_side) BETWEEN 1e-150 AND 1e150 AND abs(right_side) BETWEEN 1e-150 AND 1e150 THEN left_side * right_side
    WHEN left_side = 0 OR right_side = 0 OR abs(left_side) = 'Infinity' OR abs(right_side) = 'Infinity'
        THEN NULLIF(left_side * right_side, 'NaN')
    ELSE stoa_double(left_side::text::numeric * right_side::text::numeric) END;

-- Never cut off to a whole number; by zero it is null.
CREATE OR REPLACE FUNCTION stoa_divide(left_side double precision, right_side double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN right_side = 0 THEN NULL
    WHEN left_side = 0 OR (abs(left_side) BETWEEN 1e-150 AND 1e150 AND abs(right_side) BETWEEN 1e-150 AND 1e150)
        THEN left_side / right_side
    WHEN abs(right_side) = 'Infinity' THEN CASE WHEN abs(left_side) < 'Infinity' THEN 0 END
    WHEN abs(left_side) = 'Infinity' THEN left_side * sign(right_side)
    ELSE stoa_double(left_side::text::numeric / right_side::text::numeric) END;

-- The remainder has the sign of the left side; of zero it is null.
CREATE OR REPLACE FUNCTION stoa_mod(left_side bigint, right_side bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN right_side <> 0 THEN left_side % right_side END;

CREATE OR REPLACE FUNCTION stoa_mod(left_side numeric, right_side numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN right_side <> 0 THEN NULLIF(left_side % right_side, 'NaN') END;

-- Exact, as fmod is: the largest multiple by a power of two is taken away until less than the right side is left.
CREATE OR REPLACE FUNCTION stoa_mod(left_side double precision, right_side double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    rest double precision := abs(left_side);
    divisor double precision := abs(right_side);
    multiple double precision;
BEGIN
    IF divisor = 0 OR rest = 'Infinity' OR rest = 'NaN' OR divisor = 'NaN' THEN RETURN NULL; END IF;
    IF divisor = 'Infinity' OR rest < divisor THEN RETURN left_side; END IF;
    multiple := divisor;
    WHILE multiple <= rest - multiple LOOP multiple := multiple + multiple; END LOOP;
    WHILE rest >= divisor LOOP
        IF rest >= multiple THEN rest := rest - multiple; END IF;
        IF multiple > divisor THEN multiple := multiple / 2; END IF;
    END LOOP;
    RETURN CASE WHEN left_side < 0 THEN -rest ELSE rest END;
END
$$;

-- Halves away from zero.
CREATE OR REPLACE FUNCTION stoa_round(number double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN abs(number) < 4503599627370496 AND abs(number - trunc(number)) >= 0.5
    THEN trunc(number) + sign(number) ELSE trunc(number) END;

CREATE OR REPLACE FUNCTION stoa_floor(number bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN number;

CREATE OR REPLACE FUNCTION stoa_floor(number numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN number;

CREATE OR REPLACE FUNCTION stoa_floor(number double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN floor(number);

CREATE OR REPLACE FUNCTION stoa_ceiling(number bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN number;

CREATE OR REPLACE FUNCTION stoa_ceiling(number numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN number;

CREATE OR REPLACE FUNCTION stoa_ceiling(number double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ceiling(number);

-- The text that a number has as JSON: the shortest that reads back as the same, with an exponent from 10^17 on (PostgreSQL: 10^15).
CREATE OR REPLACE FUNCTION stoa_number_text(number double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN abs(number) >= 1e15 AND abs(number) < 1e17
    THEN number::text::numeric::text ELSE upper(number::text COLLATE "C") END;

-- texts -----------------------------------------------------------------------------------------------------------

-- One character for one, as .NET's invariant culture does it: no language, no place in the word, nothing that grows.
CREATE OR REPLACE FUNCTION stoa_lower(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN octet_length(value) = length(value) THEN lower(value COLLATE "C")
    ELSE COALESCE((
        SELECT string_agg(
                   CASE WHEN letter = U&'\0130' OR length(lower(letter COLLATE "und-x-icu")) <> 1 THEN letter
                        ELSE lower(letter COLLATE "und-x-icu") END, '' ORDER BY place)
        FROM   regexp_split_to_table(value, '') WITH ORDINALITY AS letters (letter, place)), '') END;

CREATE OR REPLACE FUNCTION stoa_upper(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN octet_length(value) = length(value) THEN upper(value COLLATE "C")
    ELSE COALESCE((
        SELECT string_agg(
                   CASE WHEN letter IN (U&'\0131', U&'\017F') OR length(upper(letter COLLATE "und-x-icu")) <> 1 THEN letter
                        ELSE upper(letter COLLATE "und-x-icu") END, '' ORDER BY place)
        FROM   regexp_split_to_table(value, '') WITH ORDINALITY AS letters (letter, place)), '') END;

CREATE OR REPLACE FUNCTION stoa_length(value text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN length(value);

-- times: microseconds since 1970-01-01T00:00:00Z ----------------------------------------------------------------------

-- ISO 8601 as Instant.TryParse reads it; null where it is no time.
CREATE OR REPLACE FUNCTION stoa_instant(value text, OUT micros bigint, OUT offset_minutes bigint)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    part text[];
    year integer;
    month integer;
    day integer;
    days integer;
BEGIN
    IF octet_length(value) NOT BETWEEN 10 AND 40 THEN RETURN; END IF;
    part := regexp_match(value,
        '^([0-9]{4})-([0-9]{2})-([0-9]{2})' ||
        '(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?(?:[Zz]|([-+])([0-9]{2})(?::?([0-9]{2}))?)?)?$');
    IF part IS NULL THEN RETURN; END IF;
    year := part[1]; month := part[2]; day := part[3];
    days := CASE
        WHEN month IN (4, 6, 9, 11) THEN 30
        WHEN month <> 2 THEN 31
        WHEN year % 4 = 0 AND (year % 100 <> 0 OR year % 400 = 0) THEN 29
        ELSE 28 END;
    IF year < 1 OR month NOT BETWEEN 1 AND 12 OR day NOT BETWEEN 1 AND days THEN RETURN; END IF;
    IF part[4]::integer > 23 OR part[5]::integer > 59 OR part[6]::integer > 60 OR part[9]::integer > 18 OR part[10]::integer > 59
        THEN RETURN; END IF;
    offset_minutes := COALESCE(part[9]::bigint * 60 + COALESCE(part[10]::bigint, 0), 0) * CASE WHEN part[8] = '-' THEN -1 ELSE 1 END;
    micros := (((make_date(year, month, day) - date '1970-01-01')::bigint * 24 + COALESCE(part[4]::bigint, 0)) * 60
        + COALESCE(part[5]::bigint, 0) - offset_minutes) * 60000000
        + COALESCE(part[6]::bigint, 0) * 1000000 + COALESCE(rpad(left(part[7], 6), 6, '0')::bigint, 0);
    IF micros NOT BETWEEN -62135596800000000 AND 253402300799999999 THEN
        micros := NULL;
        offset_minutes := NULL;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION stoa_time(value text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (stoa_instant(value)).micros;

-- The offset from UTC as written, in minutes.
CREATE OR REPLACE FUNCTION stoa_time_offset(value text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (stoa_instant(value)).offset_minutes;

-- Time since the last full span, never negative: the time of the day for a span of a day.
CREATE OR REPLACE FUNCTION stoa_since(micros bigint, span bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (micros % span + span) % span;

-- The day, as its number and as its first moment. In years of four digits; null in others, as on the other engine.
CREATE OR REPLACE FUNCTION stoa_day(micros bigint) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN micros BETWEEN -62135596800000000 AND 253402300799999999
    THEN date '1970-01-01' + ((micros - stoa_since(micros, 86400000000)) / 86400000000)::integer END;

CREATE OR REPLACE FUNCTION stoa_date(micros bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stoa_whole(micros::numeric - stoa_since(micros, 86400000000));

-- JSON, kept as text ------------------------------------------------------------------------------------------------

-- The text as JSON whose texts PostgreSQL can hold: a NUL, and half a surrogate pair, become U+FFFD.
CREATE OR REPLACE FUNCTION stoa_json(document text) RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN document ~ '\\u(?:0000|[dD][89a-fA-F])'
    THEN regexp_replace(regexp_replace(document,
            '(?<=(?:^|[^\\])(?:\\\\)*)\\u(?:0000|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F]))', '\\ufffd', 'g'),
            '(?<=(?:^|[^\\])(?:\\\\)*)(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}', '\\ufffd', 'g')::json
    ELSE document::json END;

-- The value at a place inside, named by members and by places in arrays (digits) with '/' between them, '' being the whole; null
-- where there is none, or JSON null.
CREATE OR REPLACE FUNCTION stoa_json_at(document text, path text) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    value json := stoa_json(document);
    kind text := json_typeof(value);
    step text;
BEGIN
    FOREACH step IN ARRAY string_to_array(path, '/') LOOP
        IF kind = 'object' AND step !~ '^[0-9]' THEN value := value -> step;
        ELSIF kind = 'array' AND step ~ '^[0-9]{1,9}$' THEN value := value -> step::integer;
        ELSE RETURN NULL;
        END IF;
        kind := json_typeof(value);
    END LOOP;
    RETURN CASE WHEN kind <> 'null' THEN value END;
END
$$;

CREATE OR REPLACE FUNCTION stoa_json_number(document text, path text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    value json := stoa_json_at(document, path);
BEGIN
    RETURN CASE WHEN json_typeof(value) = 'number' THEN stoa_double(value #>> '{}') END;
END
$$;

CREATE OR REPLACE FUNCTION stoa_json_boolean(document text, path text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    value json := stoa_json_at(document, path);
BEGIN
    RETURN CASE WHEN json_typeof(value) = 'boolean' THEN value #>> '{}' = 'true' END;
END
$$;

CREATE OR REPLACE FUNCTION stoa_json_string(document text, path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    value json := stoa_json_at(document, path);
BEGIN
    RETURN CASE WHEN json_typeof(value) = 'string' THEN value #>> '{}' END;
END
$$;

-- JSON text without white space between its parts.
CREATE OR REPLACE FUNCTION stoa_json_packed(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN value ~ '[ \t\n\r]'
    THEN regexp_replace(value, '("(?:[^"\\]|\\.)*")|[ \t\n\r]+', '\1', 'g') ELSE value END;

-- Objects and arrays as JSON text.
CREATE OR REPLACE FUNCTION stoa_json_compound(document text, path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    value json := stoa_json_at(document, path);
BEGIN
    RETURN CASE WHEN json_typeof(value) IN ('object', 'array') THEN stoa_json_packed(value::text) END;
END
$$;

-- A string as it is, anything else as JSON text.
CREATE OR REPLACE FUNCTION stoa_json_text(document text, path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    value json := stoa_json_at(document, path);
BEGIN
    RETURN CASE WHEN json_typeof(value) = 'string' THEN value #>> '{}' ELSE stoa_json_packed(value::text) END;
END
$$;

-- geometries: in the plane, in degrees ------------------------------------------------------------------------------

-- The box as a polygon; a line or a point where it has no width or height.
CREATE OR REPLACE FUNCTION stoa_box(min_x double precision, max_x double precision, min_y double precision, max_y double precision)
RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ST_Envelope(ST_SetSRID(ST_MakeLine(ST_MakePoint(min_x, min_y), ST_MakePoint(max_x, max_y)), 4326));

-- Relations of geometries (OGC 06-103r4, 6.1.2.3), alike but for their name. What GEOS cannot decide, a ring that crosses itself or a
-- relation that is not defined for collections, is null. PARALLEL UNSAFE: catching the failure takes a subtransaction.
DO $do$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['equals', 'disjoint', 'touches', 'within', 'overlaps', 'crosses', 'intersects', 'contains'] LOOP
        EXECUTE format($create$
            CREATE OR REPLACE FUNCTION stoa_st_%1$s(left_side geometry, right_side geometry) RETURNS boolean
            LANGUAGE plpgsql IMMUTABLE STRICT
            AS $$
            BEGIN
                RETURN ST_%1$s(left_side, right_side);
            EXCEPTION
                WHEN internal_error OR data_exception THEN RETURN NULL;
            END
            $$
            $create$, relation);
    END LOOP;
END
$do$;

CREATE OR REPLACE FUNCTION stoa_st_relate(left_side geometry, right_side geometry, pattern text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT
AS $$
BEGIN
    RETURN ST_Relate(left_side, right_side, pattern);
EXCEPTION
    WHEN internal_error OR data_exception THEN RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION stoa_geo_distance(left_side geometry, right_side geometry) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT
AS $$
DECLARE
    degrees double precision;
BEGIN
    degrees := ST_Distance(left_side, right_side); -- not above, where nothing is caught
    RETURN CASE WHEN degrees < 'Infinity' THEN degrees END;
EXCEPTION
    WHEN internal_error OR data_exception THEN RETURN NULL;
END
$$;

-- Of lines, and of the rings of areas.
CREATE OR REPLACE FUNCTION stoa_geo_length(shape geometry) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT
AS $$
DECLARE
    degrees double precision;
BEGIN
    degrees := ST_Length(shape) + ST_Perimeter(shape);
    RETURN CASE WHEN degrees < 'Infinity' THEN degrees END;
EXCEPTION
    WHEN internal_error OR data_exception THEN RETURN NULL;
END
$$;
