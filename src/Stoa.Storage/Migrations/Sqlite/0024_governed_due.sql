-- Drafts, offers, signed and suspended agreements (4), delegations that were offered (2), and roles that were proposed or are disputed (1)
-- end with their time too. Those written before that was so are looked at once, and then again when their own day comes.
UPDATE governed_record
SET    due = 0
WHERE  due IS NULL
  AND  ((kind = 4 AND state IN (0, 1, 2, 3, 4, 7, 8, 9)) OR (kind = 2 AND state = 0) OR (kind = 1 AND state IN (0, 4)));
