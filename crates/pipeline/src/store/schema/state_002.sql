-- Which extraction of the line list a run counted, so that what it wrote can be explained from the records as they were.
-- NULL: the run kept no records, or stopped before it had them.
ALTER TABLE run ADD COLUMN extraction INTEGER;
