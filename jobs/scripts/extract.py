from oleoduto_jobs.etl.extract import main

main()
