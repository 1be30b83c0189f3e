"""What files of other systems say: read (`sheets`), understood (`cells`), judged (`kinds`)."""
